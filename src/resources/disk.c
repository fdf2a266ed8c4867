/* Shares are worked out when time goes on, once for all that has changed in an
 * instant. There are few I/Os on a disk. */
#include "resources/disk.h"

#include "base/list.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

/* Ends closer than this are one: 0.1 ns, or late in a long simulation some
 * steps of its clock. */
#define TOLERANCE 1e-10
#define TOLERANCE_STEPS 4

/* What one I/O of each direction gets. */
struct shares {
    double read, write;
};

/* The shares grow alike until the disk, or one direction, has no more to give;
 * the other direction takes what is left. */
static struct shares share_out(const struct disk *disk, double reads, double writes)
{
    double total = fmax(disk->read_bandwidth, disk->write_bandwidth);
    double equal = total / (reads + writes);
    double read_limit = reads > 0 ? disk->read_bandwidth / reads : INFINITY;
    double write_limit = writes > 0 ? disk->write_bandwidth / writes : INFINITY;
    struct shares shares = {fmin(equal, read_limit), fmin(equal, write_limit)};
    if (read_limit < equal && writes > 0)
        shares.write = fmin(write_limit, (total - disk->read_bandwidth) / writes);
    else if (write_limit < equal && reads > 0)
        shares.read = fmin(read_limit, (total - disk->write_bandwidth) / reads);
    return shares;
}

static void share(struct disk *disk)
{
    double reads = 0, writes = 0;
    if (disk->shares_are_known)
        return;
    disk->shares_are_known = true;
    for (const struct disk_io *io = disk->first; io; io = io->next)
        *(io->is_write ? &writes : &reads) += io->weight;
    struct shares shares = share_out(disk, reads, writes);
    for (struct disk_io *io = disk->first; io; io = io->next)
        io->rate = io->weight * (io->is_write ? shares.write : shares.read);
}

/* Lets time go on. */
static void account(struct disk *disk, double time)
{
    double span = time - disk->time;
    if (span <= 0)
        return;
    share(disk);
    for (struct disk_io *io = disk->first; io; io = io->next)
        io->left = fmax(0, io->left - io->rate * span);
    disk->time = time;
}

static void unlink_io(struct disk *disk, struct disk_io *io)
{
    list_take_out(&disk->first, &disk->last, io);
    io->previous = io->next = NULL;
}

void disk_start(struct disk *disk, struct disk_io *io, bool is_write, double bytes, uint32_t weight,
                double time)
{
    account(disk, time);
    io->left = bytes;
    io->weight = weight;
    io->is_write = is_write;
    list_add_last(&disk->first, &disk->last, io);
    disk->shares_are_known = false;
}

void disk_cancel(struct disk *disk, struct disk_io *io, double time)
{
    account(disk, time);
    unlink_io(disk, io);
    disk->shares_are_known = false;
}

double disk_next_end(struct disk *disk)
{
    double span = INFINITY;
    share(disk);
    for (const struct disk_io *io = disk->first; io; io = io->next)
        span = fmin(span, io->left / io->rate);
    return disk->time + span;
}

static double instant(double time)
{
    return fmax(TOLERANCE, TOLERANCE_STEPS * DBL_EPSILON * time);
}

double disk_same_instant(double time)
{
    return time + instant(time);
}

struct disk_io *disk_take_ended(struct disk *disk, double time)
{
    struct disk_io *ended = NULL, **tail = &ended, *next;
    account(disk, time);
    share(disk);
    for (struct disk_io *io = disk->first; io; io = next) {
        next = io->next;
        if (io->left > io->rate * instant(disk->time))
            continue;
        unlink_io(disk, io);
        *tail = io;
        tail = &io->next;
    }
    if (ended)
        disk->shares_are_known = false;
    return ended;
}
