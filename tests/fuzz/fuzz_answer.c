/* Any bytes as a scheduler's answer: decisions or an error of the scheduler's, never a crash, and
 * no decisions where there is an error. */
#include "scheduler/protocol.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decisions decisions; /* as between the invocations of a run */
    struct error err = {.kind = ERROR_NONE};
    int result = protocol_read_answer("answer", (const char *)data, size, &decisions, &err);
    if ((result != 0) != (err.kind == ERROR_SCHEDULER) ||
        (result != 0 && decisions.count + decisions.num_orders > 0))
        abort();
    for (size_t i = 0; i < decisions.count; i++)
        if (decisions_find(&decisions, decisions.items[i].job) != &decisions.items[i])
            abort();
    decisions_clear(&decisions);
    return 0;
}
