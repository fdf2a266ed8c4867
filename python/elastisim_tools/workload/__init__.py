"""elastisim-workload: workloads from the logs of real machines and from published models.

Readers (swf, slurm, batsim) turn the rows of a log into records, one at a time; rules drop or mend what can't be
simulated as it stands, and count it; the writer makes of the rest what the simulator runs.
"""
