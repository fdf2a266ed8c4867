/* A scheduler with every fault: its options name the one that shows in the second invocation, after
 * it started the first job. With STALE it claims to be for another version of the API, with NOTHING
 * it defines no scheduler. */
#include <elastisim/scheduler.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if !defined NOTHING
struct faulty {
    const char *fault;
    unsigned invocations;
};

static struct faulty faulty;

static int begin(const char *options, void **data)
{
    faulty.fault = options;
    *data = &faulty;
    return strcmp(options, "no-beginning") == 0 ? 7 : 0;
}

static int start_first(struct elastisim_view *view)
{
    struct elastisim_job *job = elastisim_job(view, 0);
    for (uint32_t i = 0; i < elastisim_job_nodes_min(job); i++)
        if (elastisim_assign(view, job, elastisim_node(view, i)))
            return -1;
    return 0;
}

static int overflow(volatile char *above)
{
    volatile char here[4096];
    here[0] = *above;
    return here[0] == 77 ? 0 : overflow(here) + here[0];
}

#if defined __GNUC__
__attribute__((no_sanitize("undefined", "address"))) /* the faults are on purpose */
#endif
static int
show_fault(struct elastisim_view *view, const char *fault)
{
    struct elastisim_job *first = elastisim_job(view, 0), *second = elastisim_job(view, 1);
    volatile int zero = 0;
    int *volatile nowhere = NULL;
    if (strcmp(fault, "fails") == 0)
        return elastisim_fail(view, "no luck with job %zu", elastisim_job_id(second));
    if (strcmp(fault, "silent") == 0)
        return 5;
    if (strcmp(fault, "segfault") == 0)
        return *nowhere;
    if (strcmp(fault, "overflow") == 0)
        return overflow("");
    if (strcmp(fault, "abort") == 0)
        abort();
    if (strcmp(fault, "exit") == 0)
        exit(zero);
    if (strcmp(fault, "hang") == 0)
        for (;;)
            sleep(1);
    if (strcmp(fault, "taken") == 0)
        return elastisim_assign(view, second, elastisim_node(view, 0));
    if (strcmp(fault, "many") == 0)
        return elastisim_assign(view, second, elastisim_node(view, 2)) ||
               elastisim_assign(view, second, elastisim_node(view, 3));
    if (strcmp(fault, "unknown") == 0)
        return elastisim_assign_nodes(view, second, (const uint32_t[]){3, 1000}, 2);
    if (strcmp(fault, "resize") == 0)
        return elastisim_assign(view, first, elastisim_node(view, 3));
    if (strcmp(fault, "gpus") == 0)
        return elastisim_assign(view, second, elastisim_node(view, 3)) ||
               elastisim_assign_gpus(view, second, 9);
    if (strcmp(fault, "argument") == 0)
        return elastisim_set_runtime_argument(view, second, "x", "1 +");
    return 0;
}

static int schedule(struct elastisim_view *view, void *data)
{
    struct faulty *self = data;
    return self->invocations++ == 0 ? start_first(view) : show_fault(view, self->fault);
}

#if defined STALE
const struct elastisim_scheduler elastisim_scheduler = {ELASTISIM_API_MAJOR + 1, 0, begin, schedule,
                                                        NULL};
#else
ELASTISIM_SCHEDULER(begin, schedule, NULL);
#endif
#endif
