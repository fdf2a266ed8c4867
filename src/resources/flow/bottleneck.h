/* Bottlenecks: cells that alone hold all their users back. */
#ifndef ELASTISIM_RESOURCES_FLOW_BOTTLENECK_H
#define ELASTISIM_RESOURCES_FLOW_BOTTLENECK_H

#include "resources/flow/variable.h"

/* What a cell that alone holds all its users back gives them: to each member the same share. */
struct bottleneck {
    struct sharing *sharing;
    struct cell *cell;
    double share;              /* of a member, in units of capacity */
    double served, served_at;  /* what each member has been given by when, s */
    double least_limit;        /* of what else could hold a user back, as a share; or below it */
    uint64_t num_members;      /* of all users, counted as often as each uses a resource */
    size_t num_changes;        /* since served was 0 */
    struct agenda ends;        /* of the users; their times are what has been served by then */
    struct agenda_entry entry; /* of the next end, in the sharing's agenda */
};

/* What the variable does per second at present. */
double variable_rate(const struct variable *variable);
/* The variable whose end an entry of the agenda is, if it is that of a bottleneck; else NULL. */
const struct variable *bottleneck_first(const struct agenda_entry *entry);

/* Makes a bottleneck of the component that has just been solved, if all that holds its variables
 * back is one cell. */
void bottleneck_form(struct sharing *sharing, double now);
/* Works it out after users have come or gone. Returns false when it was given up. */
bool bottleneck_settle(struct bottleneck *bottleneck, double now);
/* Has its users stand alone again, with the rates they had; they have to be solved. Frees it. */
void bottleneck_give_up(struct bottleneck *bottleneck, double now);
void bottleneck_leave(struct variable *variable, double now);
void bottleneck_free(struct bottleneck *bottleneck); /* NULL is fine */

#endif
