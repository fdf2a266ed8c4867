#include "policies/policy.h"

const struct policy policies[] = {
    {.name = "fcfs",
     .summary = "first come, first served: starts jobs in order at the largest size that fits, "
                "accepts evolving requests that fit, grows malleable jobs into idle nodes",
     .schedule = fcfs_schedule},
    {0},
};
