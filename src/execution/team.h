/* Teams: ranks that meet with each other, all of a job or the new ones during on_expansion. */
#ifndef ELASTISIM_EXECUTION_TEAM_H
#define ELASTISIM_EXECUTION_TEAM_H

#include "execution/shapes.h"

/* A team of the given nodes in rank order. Returns 0, or -1 with err. */
int team_create(struct team *team, struct execution *execution, const uint32_t *nodes,
                uint32_t size, struct error *err);
void team_release(struct team *team); /* fine on a zeroed one */
/* Host numbers by rank; NULL (and the error filled) without memory. */
const uint32_t *team_hosts(struct team *team);
/* The speed of all nodes, flops/s; 0 if they differ. */
double team_speed(struct team *team);
/* A cohort of all ranks of a team; NULL (and the error filled) without memory. */
struct cohort *team_cohort(struct team *team, const struct place *place);
/* All ranks of a team meet here; the cohort goes on with `step` when they have. */
void team_meet(struct cohort *cohort, enum step step, bool awaits_io);
/* The meeting may have become complete. */
void team_check_meeting(struct team *team);
/* Tells that a rank of a team has ended a task. */
void team_tell_task(const struct team *team, const struct task *task, uint32_t rank,
                    double duration);

/* The node of a rank. */
static inline const struct node_description *team_node(const struct team *team, uint32_t rank)
{
    return team->execution->executor->state->nodes[team->nodes[rank]].description;
}

#endif
