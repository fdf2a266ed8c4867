/* What a scheduler answered: the same form for ZeroMQ answers, plugins and built-in policies.
 *
 * Decisions are collected per job, each job once, in the order in which they were first named, and
 * commands to nodes in the order in which they were given; the validator checks them whole and the
 * simulation applies them.
 */
#ifndef ELASTISIM_SCHEDULER_DECISION_H
#define ELASTISIM_SCHEDULER_DECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct decision_argument {
    char *key, *value; /* owned */
};

/* What a running job is told, beside changes of its nodes and its end. */
enum job_order {
    ORDER_NONE,
    ORDER_REQUEUE, /* preempted: it is pending again, and runs from the start */
    ORDER_RESTART, /* preempted: it goes on from its last checkpoint */
    ORDER_SUSPEND,
    ORDER_RESUME
};

enum { NUM_JOB_ORDERS = ORDER_RESUME + 1 };
/* As messages have them. */
static inline const char *job_order_name(enum job_order order)
{
    static const char *const names[NUM_JOB_ORDERS] = {"none", "requeue", "restart", "suspend",
                                                      "resume"};
    return names[order];
}

struct decision {
    uint32_t job;
    bool kill;
    enum job_order order, former_order; /* the last one given, and another one that was before it */
    bool sets_nodes;                    /* `nodes` is the whole new list, in rank order */
    bool sets_gpus;
    uint32_t gpus;   /* per node */
    uint32_t *nodes; /* owned */
    uint32_t num_nodes;
    size_t nodes_capacity;
    struct decision_argument *arguments; /* runtime arguments to set; owned */
    size_t num_arguments, arguments_capacity;
};

enum node_command { COMMAND_DRAIN, COMMAND_RESUME, COMMAND_SWITCH_OFF, COMMAND_SWITCH_ON };

enum { NUM_NODE_COMMANDS = COMMAND_SWITCH_ON + 1 };

/* As messages have them. */
static inline const char *node_command_name(enum node_command command)
{
    static const char *const names[NUM_NODE_COMMANDS] = {"drain", "resume", "switch_off",
                                                         "switch_on"};
    return names[command];
}

/* A node can be commanded several times in an answer. */
struct node_order {
    uint32_t node;
    enum node_command command;
};

struct decisions {
    struct decision *items; /* owned */
    size_t count, capacity;
    struct node_order *orders; /* to nodes; owned */
    size_t num_orders, orders_capacity;
    size_t *by_job; /* open-addressed index from job to 1 + position; owned */
    size_t by_job_size;
};

/* The decision about a job, made when there is none yet; NULL when out of memory. Valid until the
 * next call. */
struct decision *decisions_about(struct decisions *decisions, uint32_t job);
/* The decision about a job, or NULL when there is none. */
struct decision *decisions_find(const struct decisions *decisions, uint32_t job);
/* Sets the whole node list (copied). Returns 0 or -1 when out of memory; the same below. */
int decision_set_nodes(struct decision *decision, const uint32_t *nodes, uint32_t count);
int decision_append_node(struct decision *decision, uint32_t node);
int decision_append_nodes(struct decision *decision, const uint32_t *nodes, uint32_t count);
int decision_set_argument(struct decision *decision, const char *key, const char *value);
/* Of two ways to preempt, the last one counts; other orders exclude each other, as the validator
 * says. */
void decision_set_order(struct decision *decision, enum job_order order);
bool decision_preempts(const struct decision *decision);
int decisions_command(struct decisions *decisions, uint32_t node, enum node_command command);
/* Forgets all decisions, keeping memory for the next invocation. */
void decisions_clear(struct decisions *decisions);
void decisions_release(struct decisions *decisions);

#endif
