/* I/O tasks, on the PFS and on burst buffers. */
#ifndef ELASTISIM_EXECUTION_IO_H
#define ELASTISIM_EXECUTION_IO_H

#include "execution/shapes.h"

/* Give the ready ranks their I/O; those that wait for it are in parts afterwards. */
void io_pfs(struct cohort *cohort, const struct task *task);
void io_burst_buffer(struct cohort *cohort, const struct task *task);

#endif
