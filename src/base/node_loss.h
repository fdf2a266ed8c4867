/* What becomes of a job that loses a node, as the configuration or the job itself says it. */
#ifndef ELASTISIM_BASE_NODE_LOSS_H
#define ELASTISIM_BASE_NODE_LOSS_H

#include "base/json.h"

enum node_loss {
    LOSS_KILL,    /* it is killed */
    LOSS_REQUEUE, /* it waits again, to run from the start */
    LOSS_RESTART, /* it waits again, to go on from its last checkpoint */
    LOSS_SHRINK,  /* a malleable or adaptive job goes on with the rest of its nodes; any other, and
                     one that needs more, is killed, */
    LOSS_SHRINK_OR_REQUEUE, /* requeued, */
    LOSS_SHRINK_OR_RESTART, /* or restarted */
    NUM_NODE_LOSSES
};

/* Reads the word for one of them: "kill", "requeue", ... Returns -1 with err for anything else. */
int node_loss_read(const struct json_at *at, enum node_loss *loss, struct error *err);

#endif
