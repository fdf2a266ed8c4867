/* A disk and the I/Os on it. Reads together get at most the read bandwidth,
 * writes the write bandwidth, and all together the larger of both; each I/O
 * gets the same as any other, or less only where its direction has no more to
 * give (max-min fairness). That is SimGrid's disk model, kept outside of
 * SimGrid: a disk is shared with nothing else, and SimGrid looks at every I/O
 * at every event.
 */
#ifndef ELASTISIM_RESOURCES_DISK_H
#define ELASTISIM_RESOURCES_DISK_H

#include <stdbool.h>
#include <stdint.h>

/* An I/O lives in the struct of whoever waits for it. */
struct disk_io {
    double left;     /* bytes, at the disk's time */
    double rate;     /* bytes/s since then */
    uint32_t weight; /* stands for that many I/Os of equal parts */
    bool is_write;
    void *owner;
    struct disk_io *previous, *next; /* on the disk, in order of start; next: also
                                        in the list of those that ended */
};

struct disk {
    double read_bandwidth, write_bandwidth; /* bytes/s, above 0 */
    double time;                            /* up to which the I/Os are accounted for */
    bool shares_are_known;                  /* the rates are those that hold from now on */
    struct disk_io *first, *last;
};

/* A disk starts out with its bandwidths and the time, the rest zero. */

/* Starts an I/O of `bytes` at `time` (not before disk->time); a weight w makes
 * it as good as w equal I/Os. The owner is the caller's. */
void disk_start(struct disk *disk, struct disk_io *io, bool is_write, double bytes, uint32_t weight,
                double time);
/* Takes an I/O off the disk. What is left of it may be started again. */
void disk_cancel(struct disk *disk, struct disk_io *io, double time);
/* When the next I/O ends if nothing changes; INFINITY when there is none. */
double disk_next_end(struct disk *disk);
/* The latest time that counts as the same instant as `time`: no clock tells the
 * difference. */
double disk_same_instant(double time);
/* Takes those off the disk that end in the instant `time`. Returns them in
 * order of their start, linked by `next`. */
struct disk_io *disk_take_ended(struct disk *disk, double time);

#endif
