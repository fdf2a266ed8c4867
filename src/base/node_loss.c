/* Promise: each word means one thing, in the configuration and in the jobs file. */
#include "base/node_loss.h"

#include "base/quote.h"

#include <string.h>

int node_loss_read(const struct json_at *at, enum node_loss *loss, struct error *err)
{
    static const char *const names[] = {
        [LOSS_KILL] = "kill",
        [LOSS_REQUEUE] = "requeue",
        [LOSS_RESTART] = "restart",
        [LOSS_SHRINK] = "shrink",
        [LOSS_SHRINK_OR_REQUEUE] = "shrink_or_requeue",
        [LOSS_SHRINK_OR_RESTART] = "shrink_or_restart",
        [NUM_NODE_LOSSES] = NULL,
    };
    char quoted[QUOTE_TEXT];
    const char *text, *near;

    if (json_string(at, &text, err))
        return -1;
    for (int i = 0; i < NUM_NODE_LOSSES; i++)
        if (strcmp(names[i], text) == 0) {
            *loss = (enum node_loss)i;
            return 0;
        }
    near = json_nearest_name(text, names);
    return json_error(at, err,
                      "must be kill, requeue, restart, shrink, shrink_or_requeue or "
                      "shrink_or_restart, is '%s'%s%s%s",
                      quote(text, quoted), near ? " (did you mean '" : "", near ? near : "",
                      near ? "'?)" : "");
}
