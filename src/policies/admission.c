#include "policies/admission.h"

#include "policies/standing.h"

#include <math.h>

/* Bandwidth that may be used; INFINITY when it is not known. */
static double allowance(const struct books *books)
{
    double bandwidth = books->options.io_bandwidth;
    if (bandwidth <= 0)
        bandwidth =
            elastisim_pfs_read_bandwidth(books->view) + elastisim_pfs_write_bandwidth(books->view);
    return isnan(bandwidth) ? INFINITY : books->options.io_share * bandwidth;
}

static double load(const struct books *books)
{
    if (books->options.io == IO_DECLARED)
        return books->io_rates;
    double used =
        elastisim_pfs_read_utilization(books->view) + elastisim_pfs_write_utilization(books->view);
    return isnan(used) ? 0 : used;
}

/* A job that asks for more than the allowance by itself runs when no other does I/O, else it would
 * never. */
static bool has_file_system_alone(const struct books *books)
{
    return books->options.io == IO_DECLARED ? books->io_rates <= 0 : books->running.count == 0;
}

/* It then starts when the nodes of the agreement are there, and only on those. */
static bool has_agreement(const struct books *books, const struct entry *entry)
{
    return standing_has_agreements(&books->options) && entry->kept_nodes.count > 0;
}

bool admission_by_load(const struct books *books, const struct entry *entry)
{
    if (books->options.io == IO_IGNORE || entry->io_rate <= 0 || has_file_system_alone(books))
        return true;
    return load(books) + entry->io_rate <= allowance(books);
}

bool admission_allows(const struct books *books, const struct entry *entry)
{
    return !has_agreement(books, entry) && admission_by_load(books, entry);
}
