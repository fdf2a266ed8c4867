"""The example applications as the workload generator knows them.

For each application model of application_models/ there are two functions: one chooses arguments with which a job takes
a given runtime on a given number of nodes, the other predicts the runtime for any number of nodes. Both hold for a job
that has the network to itself but counts on only a part of the file system, and follow the formulas of the model. The
shares of compute, communication and I/O are drawn at random within bounds in which compute dominates (the I/O
pipelines excepted).
"""

import dataclasses
import math
import sys
from collections.abc import Callable, Mapping

from variates import Variates

Arguments = dict[str, float]


@dataclasses.dataclass(frozen=True)
class Machine:
    """The figures of a platform that the arguments of the applications are worked out from. Per node, in flop/s and
    bytes/s; the file system's bandwidths are those of the whole machine."""

    nodes: int
    flops: float
    link: float
    pfs_read: float
    pfs_write: float
    bb_read: float = 0
    bb_write: float = 0
    gpus: int = 0
    gpu_flops: float = 0
    gpu_link: float = 0

    # The part of the file system that a job counts on: others use it too.
    PFS_SHARE = 0.25

    def read(self, nodes: int) -> float:
        """Bytes per second that a job reads from the file system."""
        return min(nodes * self.link, self.PFS_SHARE * self.pfs_read)

    def write(self, nodes: int) -> float:
        return min(nodes * self.link, self.PFS_SHARE * self.pfs_write)

    def exchange(self, total_bytes: float, nodes: int) -> float:
        """Seconds for an exchange that is even over the nodes (ring, all-to-all)."""
        return total_bytes / (nodes * self.link) if nodes > 1 else 0.0


@dataclasses.dataclass(frozen=True)
class Application:
    """An application model: how to choose its arguments, and how long it then takes.

    design(machine, nodes, gpus, runtime, variates) gives arguments for about that runtime on so many nodes with so many
    GPUs each. predict(machine, nodes, gpus, arguments) is the runtime on any number of nodes, without reconfigurations.
    """

    design: Callable[[Machine, int, int, float, Variates], Arguments]
    predict: Callable[[Machine, int, int, Arguments], float]
    uses_gpus: bool = False
    largest: int = sys.maxsize  # nodes


# delay: nothing but the runtime, whatever the number of nodes


def design_delay(machine: Machine, nodes: int, gpus: int, runtime: float, variates: Variates) -> Arguments:
    return {"runtime": runtime}


def predict_delay(machine: Machine, nodes: int, gpus: int, a: Arguments) -> float:
    return a["runtime"]


# iterative_solver: compute with Amdahl's law, halo exchange, transpose and checkpoint in every cycle


def design_solver(
    machine: Machine, nodes: int, gpus: int, runtime: float, variates: Variates,
    between: tuple[float, float] = (200, 600),  # seconds between two checkpoints
) -> Arguments:
    period = variates.log_uniform(*between)
    steps = 10
    checkpoint = variates.uniform(0.02, 0.08)
    transpose, halo = variates.uniform(0.01, 0.05), variates.uniform(0.03, 0.10)
    serial = variates.log_uniform(0.0005, 0.01)
    cycles = max(2, round(runtime / period))
    cycle = runtime / (cycles + checkpoint)
    compute = 1 - checkpoint - (transpose + halo if nodes > 1 else 0)
    return {
        "cycles": cycles,
        "steps_per_cycle": steps,
        "flops_per_step": compute * cycle / steps * machine.flops / (serial + (1 - serial) / nodes),
        "serial_fraction": serial,
        "halo_bytes": halo * cycle / steps * machine.link * math.sqrt(nodes),
        "transpose_bytes": transpose * cycle * machine.link * nodes,
        "state_bytes": checkpoint * cycle * machine.write(nodes),
        "input_bytes": checkpoint * cycle * machine.read(nodes),
    }


def predict_solver(machine: Machine, nodes: int, gpus: int, a: Arguments) -> float:
    step = a["flops_per_step"] * (a["serial_fraction"] + (1 - a["serial_fraction"]) / nodes) / machine.flops
    step += machine.exchange(a["halo_bytes"] * math.sqrt(nodes), nodes)
    cycle = a["steps_per_cycle"] * step
    cycle += machine.exchange(a["transpose_bytes"], nodes) + a["state_bytes"] / machine.write(nodes)
    return a["input_bytes"] / machine.read(nodes) + a["cycles"] * cycle


# resilient_solver: the same without a transpose; a checkpoint about as often as Young's formula asks for of a job on
# a hundred nodes that fail twice a year each


def design_resilient(machine: Machine, nodes: int, gpus: int, runtime: float, variates: Variates) -> Arguments:
    arguments = design_solver(machine, nodes, gpus, runtime, variates, between=(1800, 3600))
    return {key: value for key, value in arguments.items() if key != "transpose_bytes"}


def predict_resilient(machine: Machine, nodes: int, gpus: int, a: Arguments) -> float:
    return predict_solver(machine, nodes, gpus, {**a, "transpose_bytes": 0})


# adaptive_mesh: four phases of 1, 2, 4 and 2 times the cells of the base mesh

MESH_PHASES = (1, 2, 4, 2)
MESH_COMPUTE = 9.0  # sum of the phases
MESH_HALO = 5.828427124746190  # sum of their square roots
BYTES_PER_CELL = 400.0


def design_mesh(machine: Machine, nodes: int, gpus: int, runtime: float, variates: Variates) -> Arguments:
    steps = 5
    dump, halo = variates.uniform(0.02, 0.06), variates.uniform(0.03, 0.08)
    target = variates.uniform(0.8, 1.25)  # nodes that the job finds right, relative to those it was drawn with
    regrids = max(1, round(runtime / 1500))
    cells = dump * runtime * machine.write(nodes) / (4 * regrids * BYTES_PER_CELL)
    redistribute = MESH_COMPUTE / 4 * regrids * machine.exchange(cells * BYTES_PER_CELL, nodes)
    compute = runtime * (1 - dump - (halo if nodes > 1 else 0)) - redistribute
    return {
        "regrids": regrids,
        "steps_per_regrid": steps,
        "cells": cells,
        "cells_per_node": 2 * cells / (nodes * target),
        "flops_per_cell": compute * nodes * machine.flops / (regrids * steps * MESH_COMPUTE * cells),
        "bytes_per_cell": BYTES_PER_CELL,
        "halo_bytes": halo * runtime * machine.link * math.sqrt(nodes) / (regrids * steps * MESH_HALO),
    }


def predict_mesh(machine: Machine, nodes: int, gpus: int, a: Arguments) -> float:
    mesh = a["cells"] * a["bytes_per_cell"]
    steps = a["steps_per_regrid"] * MESH_COMPUTE * a["cells"] * a["flops_per_cell"] / (nodes * machine.flops)
    steps += a["steps_per_regrid"] * MESH_HALO * machine.exchange(a["halo_bytes"] * math.sqrt(nodes), nodes)
    regrid = steps + MESH_COMPUTE / 4 * machine.exchange(mesh, nodes) + 4 * mesh / machine.write(nodes)
    return mesh / machine.read(nodes) + a["regrids"] * regrid + mesh / machine.write(nodes)


# io_pipeline: read a chunk, process it, write the result


def design_pipeline(machine: Machine, nodes: int, gpus: int, runtime: float, variates: Variates) -> Arguments:
    period = variates.log_uniform(60, 240)  # per chunk
    read, write = variates.uniform(0.25, 0.40), variates.uniform(0.10, 0.20)
    chunks = max(2, round(runtime / period))
    chunk = runtime / chunks
    return {
        "chunks": chunks,
        "chunk_bytes": read * chunk * machine.read(nodes),
        "flops_per_chunk": (1 - read - write) * chunk * nodes * machine.flops,
        "result_bytes": write * chunk * machine.write(nodes),
        "catalogue_bytes": 0.01 * chunk * machine.link,
    }


def predict_pipeline(machine: Machine, nodes: int, gpus: int, a: Arguments) -> float:
    chunk = a["chunk_bytes"] / machine.read(nodes) + a["flops_per_chunk"] / (nodes * machine.flops)
    chunk += a["result_bytes"] / machine.write(nodes) + (a["catalogue_bytes"] / machine.link if nodes > 1 else 0)
    return a["catalogue_bytes"] / machine.read(1) + a["chunks"] * chunk


# io_pipeline_staged: the same with the chunks in burst buffers, read in several passes


def design_staged(machine: Machine, nodes: int, gpus: int, runtime: float, variates: Variates) -> Arguments:
    period = variates.log_uniform(200, 600)
    load, store = variates.uniform(0.15, 0.30), variates.uniform(0.02, 0.05)
    passes = 2 + variates.choice((1, 1, 1))
    chunks = max(2, round(runtime / period))
    chunk = runtime / (chunks + 0.2)
    chunk_bytes = min(load * chunk * nodes * machine.bb_read / passes, 0.5 * chunk * machine.read(nodes))
    result_bytes = store * chunk * nodes * machine.bb_write
    transfers = passes * chunk_bytes / (nodes * machine.bb_read)
    transfers += (chunk_bytes + result_bytes) / (nodes * machine.bb_write)
    return {
        "chunks": chunks,
        "passes": passes,
        "chunk_bytes": chunk_bytes,
        "flops_per_chunk": max(chunk - transfers, 0.3 * chunk) * nodes * machine.flops,
        "result_bytes": result_bytes,
    }


def predict_staged(machine: Machine, nodes: int, gpus: int, a: Arguments) -> float:
    stage = a["chunk_bytes"] / (nodes * machine.bb_write)
    load = a["chunk_bytes"] / machine.read(nodes)
    process = a["passes"] * a["chunk_bytes"] / (nodes * machine.bb_read)
    process += a["flops_per_chunk"] / (nodes * machine.flops)
    process += a["result_bytes"] / (nodes * machine.bb_write)
    drain = max(stage, a["result_bytes"] / machine.write(nodes))
    return load + stage + a["chunks"] * max(process + drain, load)


# gpu_training, gpu_training_staged: exchange and prefetch hide behind the kernels unless they take longer


def design_training(
    machine: Machine, nodes: int, gpus: int, runtime: float, variates: Variates, staged: bool
) -> Arguments:
    period = variates.log_uniform(300, 900)  # between two checkpoints
    batches = 10
    exchange, prefetch = variates.uniform(0.3, 0.8), variates.uniform(0.1, 0.3)
    model = variates.uniform(0.005, 0.02)
    rounds = max(2, round(runtime / period))
    batch = runtime / rounds * (1 - 2 * model) / batches
    source = nodes * machine.bb_read if staged else machine.read(nodes)
    arguments = {
        "rounds": rounds,
        "batches_per_round": batches,
        "flops_per_batch": batch * nodes * gpus * machine.gpu_flops,
        "batch_bytes": prefetch * batch * source,
        "gradient_bytes": exchange * batch * machine.link / 2,
        "model_bytes": model * runtime / rounds * machine.write(1),
    }
    if staged:
        arguments["dataset_bytes"] = arguments["batch_bytes"] * batches
    return arguments


def predict_training(machine: Machine, nodes: int, gpus: int, a: Arguments, staged: bool) -> float:
    kernel = a["flops_per_batch"] / (nodes * gpus * machine.gpu_flops)
    ring = 2 * a["gradient_bytes"]
    exchange = max(ring / machine.gpu_link if gpus > 1 else 0, ring / machine.link if nodes > 1 else 0)
    prefetch = a["batch_bytes"] / (nodes * machine.bb_read if staged else machine.read(nodes))
    training = a["batches_per_round"] * max(kernel, exchange, prefetch)
    checkpoint = a["model_bytes"] / machine.write(1)
    total = a["rounds"] * (training + machine.exchange(a["batch_bytes"], nodes) + checkpoint)
    total += a["model_bytes"] / machine.read(1) + (nodes - 1) * a["model_bytes"] / machine.link
    if staged:
        total += a["dataset_bytes"] / machine.read(nodes) + a["dataset_bytes"] / (nodes * machine.bb_write)
    return total


APPLICATIONS: Mapping[str, Application] = {
    "delay": Application(design_delay, predict_delay),
    "iterative_solver": Application(design_solver, predict_solver),
    "resilient_solver": Application(design_resilient, predict_resilient),
    "adaptive_mesh": Application(design_mesh, predict_mesh),
    "io_pipeline": Application(design_pipeline, predict_pipeline),
    # Wide striping makes the cost of an access grow with the square of the number of nodes.
    "io_pipeline_staged": Application(design_staged, predict_staged, largest=16),
    "gpu_training": Application(
        lambda m, n, g, runtime, v: design_training(m, n, g, runtime, v, False),
        lambda m, n, g, a: predict_training(m, n, g, a, False),
        uses_gpus=True,
    ),
    "gpu_training_staged": Application(
        lambda m, n, g, runtime, v: design_training(m, n, g, runtime, v, True),
        lambda m, n, g, a: predict_training(m, n, g, a, True),
        uses_gpus=True,
    ),
}
