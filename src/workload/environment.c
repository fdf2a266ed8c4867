/* Looks names up and evaluates performance models.
 *
 * Every variable of a model is bound by its position. A string argument is a model itself, so that
 * its value takes a nested evaluation; the trail of arguments under way finds circles, and a limit
 * on steps keeps arguments that multiply their uses (a = b + c, b = c + d, ...) from never ending.
 */
#include "workload/environment.h"

#include "base/json.h"
#include "base/number.h"
#include "base/quote.h"
#include "base/vector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEW = 16,          /* variables of a model whose values need no allocation */
    MAX_DEPTH = 100,   /* string arguments within string arguments */
    MAX_STEPS = 10000, /* string arguments evaluated for one payload */
    CIRCLE_TEXT = 1024,
};

enum builtin {
    NUM_NODES,
    NUM_GPUS_PER_NODE,
    NUM_GPUS,
    NUM_NODES_MIN,
    NUM_NODES_MAX,
    PHASE_ITERATION,
    NUM_BUILTINS
};

static const char *const builtins[] = {
    [NUM_NODES] = "num_nodes",         [NUM_GPUS_PER_NODE] = "num_gpus_per_node",
    [NUM_GPUS] = "num_gpus",           [NUM_NODES_MIN] = "num_nodes_min",
    [NUM_NODES_MAX] = "num_nodes_max", [PHASE_ITERATION] = "phase_iteration",
};

/* How many of them, from the first one on, a scope has. */
static const size_t visible_builtins[] = {
    [SCOPE_ARGUMENTS] = 0,
    [SCOPE_LOADS] = NUM_GPUS + 1,
    [SCOPE_REQUEST] = NUM_BUILTINS,
};

/* A string argument under evaluation. */
struct step {
    const struct step *outer;
    const struct argument *argument;
    size_t depth;
};

/* One evaluation of a payload. */
struct evaluation {
    const struct environment *environment;
    bool names_only; /* look names up, but compute nothing */
    size_t steps;
};

static size_t find_builtin(const char *name, size_t count)
{
    size_t i = 0;

    while (i < count && strcmp(builtins[i], name) != 0)
        i++;
    return i;
}

bool environment_is_builtin(const char *name)
{
    return find_builtin(name, NUM_BUILTINS) < NUM_BUILTINS;
}

static double builtin_value(const struct environment *environment, size_t builtin)
{
    switch ((enum builtin)builtin) {
    case NUM_NODES:
        return environment->num_nodes;
    case NUM_GPUS_PER_NODE:
        return environment->num_gpus_per_node;
    case NUM_GPUS:
        return environment->num_nodes * environment->num_gpus_per_node;
    case NUM_NODES_MIN:
        return environment->num_nodes_min;
    case NUM_NODES_MAX:
        return environment->num_nodes_max;
    case PHASE_ITERATION:
        return environment->phase_iteration;
    case NUM_BUILTINS:
        break;
    }
    return NAN;
}

static const struct argument *find_in(const struct arguments *arguments, const char *name)
{
    for (size_t i = 0; arguments && i < arguments->count; i++)
        if (strcmp(arguments->items[i].key, name) == 0)
            return &arguments->items[i];
    return NULL;
}

static const struct argument *find_argument(const struct environment *environment, const char *name)
{
    const struct argument *argument = find_in(environment->runtime_arguments, name);

    return argument ? argument : find_in(environment->arguments, name);
}

/* Puts `"TEXT"`, or `argument 'x' ("TEXT")` inside a string argument, before the message. */
static int locate(const struct expression *model, const struct step *trail, struct error *err)
{
    char key[QUOTE_TEXT], text[QUOTE_TEXT];

    if (!trail)
        return error_prefix(err, "\"%s\"", quote(expression_text(model), text));
    return error_prefix(err, "argument '%s' (\"%s\")", quote(trail->argument->key, key),
                        quote(trail->argument->text, text));
}

static size_t add_keys(const struct arguments *arguments, const char **names, size_t count)
{
    for (size_t i = 0; arguments && i < arguments->count; i++)
        names[count++] = arguments->items[i].key;
    return count;
}

/* The defined name that is most like an unknown one; NULL when none is. */
static const char *suggest(const struct environment *environment, const char *name)
{
    const struct arguments *sets[] = {environment->arguments, environment->runtime_arguments};
    size_t count = visible_builtins[environment->scope];
    size_t room = count + 1;
    const char *nearest = NULL;
    const char **names;

    for (size_t i = 0; i < 2; i++)
        room += sets[i] != NULL ? sets[i]->count : 0;
    names = malloc(room * sizeof *names);
    if (!names)
        return NULL;
    memcpy(names, builtins, count * sizeof *names);
    count = add_keys(sets[0], names, count);
    count = add_keys(sets[1], names, count);
    names[count] = NULL;
    nearest = json_nearest_name(name, names);
    free(names);
    return nearest;
}

static int unknown_name(const struct environment *environment, const char *name, struct error *err)
{
    char quoted[QUOTE_TEXT];
    const char *nearest;

    if (environment_is_builtin(name)) {
        return error_set(err, ERROR_INPUT, "'%s' is not known here: %s", name,
                         environment->scope == SCOPE_ARGUMENTS
                             ? "the iterations of a phase depend on the job's arguments alone"
                             : "only evolving requests can use it");
    }
    nearest = suggest(environment, name);
    if (nearest) {
        return error_set(err, ERROR_INPUT, "nothing defines '%s', did you mean '%s'?",
                         quote(name, quoted), nearest);
    }
    return error_set(err, ERROR_INPUT, "nothing defines '%s'; add it to the job's arguments",
                     quote(name, quoted));
}

/* Says which arguments lead back to the given one: "a -> b -> a". */
static int circle(const struct argument *argument, const struct step *trail, struct error *err)
{
    char text[CIRCLE_TEXT];
    size_t start = sizeof text;

    text[--start] = '\0';
    for (const struct step *step = trail; step; step = step->outer) {
        size_t length = strlen(step->argument->key);
        bool last = step->argument == argument;

        if (length + strlen("... -> ") > start) {
            start -= strlen("...");
            memcpy(text + start, "...", strlen("..."));
            break;
        }
        start -= length;
        memcpy(text + start, step->argument->key, length);
        if (last)
            break;
        start -= strlen(" -> ");
        memcpy(text + start, " -> ", strlen(" -> "));
    }
    return error_set(err, ERROR_INPUT, "arguments refer to each other in a circle: %s -> %s",
                     text + start, argument->key);
}

/* The compiler's own words on a text that is not an expression. It had them when the text was read,
 * so that there is always a reason; the other message is for a compiler that changes its mind. */
static int not_an_expression(const struct argument *argument, struct error *err)
{
    struct expression *model = expression_compile(argument->text, err);
    char key[QUOTE_TEXT], text[QUOTE_TEXT];

    if (model) {
        expression_destroy(model);
        return error_set(err, ERROR_INPUT, "argument '%s' (\"%s\") has no value",
                         quote(argument->key, key), quote(argument->text, text));
    }
    return error_prefix(err, "argument '%s'", quote(argument->key, key));
}

static int model_value(struct evaluation *evaluation, struct expression *model,
                       const struct step *trail, double *value, struct error *err);

static int argument_value(struct evaluation *evaluation, const struct argument *argument,
                          const struct step *trail, double *value, struct error *err)
{
    struct step step = {trail, argument, !trail ? 1 : trail->depth + 1};

    if (!argument->model) {
        *value = argument->number;
        return isnan(*value) ? not_an_expression(argument, err) : 0;
    }
    for (const struct step *outer = trail; outer; outer = outer->outer)
        if (outer->argument == argument)
            return circle(argument, trail, err);
    if (step.depth > MAX_DEPTH || ++evaluation->steps > MAX_STEPS) {
        return error_set(err, ERROR_INPUT,
                         "arguments refer to each other too often: at most %d deep and %d times",
                         MAX_DEPTH, MAX_STEPS);
    }
    return model_value(evaluation, argument->model, &step, value, err);
}

static int variable_value(struct evaluation *evaluation, const char *name,
                          const struct expression *model, const struct step *trail, double *value,
                          struct error *err)
{
    const struct environment *environment = evaluation->environment;
    size_t visible = visible_builtins[environment->scope];
    size_t builtin = find_builtin(name, visible);
    const struct argument *argument;

    if (builtin < visible) {
        *value = builtin_value(environment, builtin);
        return 0;
    }
    argument = find_argument(environment, name);
    if (argument)
        return argument_value(evaluation, argument, trail, value, err);
    if (evaluation->names_only && environment->scope != SCOPE_ARGUMENTS &&
        !environment->runtime_arguments && !environment_is_builtin(name))
        return 0;
    unknown_name(environment, name, err);
    return locate(model, trail, err);
}

static int bind_and_evaluate(struct evaluation *evaluation, struct expression *model,
                             const struct step *trail, double *values, size_t count, double *result,
                             struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = 0;
        if (variable_value(evaluation, expression_variable(model, i), model, trail, &values[i],
                           err))
            return -1;
    }
    *result = 0;
    if (evaluation->names_only || expression_evaluate(model, values, result, err) == 0)
        return 0;
    return locate(model, trail, err);
}

static int model_value(struct evaluation *evaluation, struct expression *model,
                       const struct step *trail, double *value, struct error *err)
{
    double few[FEW];
    double *many;
    size_t count = expression_num_variables(model);
    int status;

    if (count <= FEW)
        return bind_and_evaluate(evaluation, model, trail, few, count, value, err);
    many = malloc(count * sizeof *many);
    if (!many)
        return error_no_memory(err);
    status = bind_and_evaluate(evaluation, model, trail, many, count, value, err);
    free(many);
    return status;
}

static int refuse(const struct payload *payload, double value, const char *rule, struct error *err)
{
    char text[NUMBER_TEXT], model[QUOTE_TEXT];
    const char *number = isnan(value) ? "not a number" : number_text(value, text);

    if (payload->kind == PAYLOAD_MODEL) {
        return error_set(err, ERROR_INPUT, "\"%s\" is %s; %s",
                         quote(expression_text(payload->model), model), number, rule);
    }
    return error_set(err, ERROR_INPUT, "is %s; %s", number, rule);
}

/* Applies the rules of the quantity, which an error tells. */
static int check_value(const struct payload *payload, enum quantity quantity, double *value,
                       struct error *err)
{
    static const char *const finite[] = {
        [QUANTITY_LOAD] = "a load must be finite",
        [QUANTITY_ITERATIONS] = "a number of iterations must be finite",
        [QUANTITY_NODES] = "a number of nodes must be finite",
    };

    if (!isfinite(*value))
        return refuse(payload, *value, finite[quantity], err);
    if (quantity == QUANTITY_LOAD && *value < 0)
        return refuse(payload, *value, "a load must be 0 or more", err);
    if (quantity == QUANTITY_LOAD && *value > MOST_LOAD)
        return refuse(payload, *value, "a load must be at most 1e200", err);
    if (quantity == QUANTITY_ITERATIONS && *value < 0)
        return refuse(payload, *value, "a number of iterations must be 0 or more", err);
    if (quantity == QUANTITY_ITERATIONS && *value > LARGEST_WHOLE)
        return refuse(payload, *value, "a number of iterations must be at most 2^53", err);
    if (quantity != QUANTITY_LOAD)
        *value = floor(*value);
    return 0;
}

static int value_of(const struct payload *payload, const struct environment *environment,
                    double *value, struct error *err)
{
    struct evaluation evaluation = {.environment = environment};

    switch (payload->kind) {
    case PAYLOAD_NONE:
        *value = 0;
        return 0;
    case PAYLOAD_NUMBER:
        *value = payload->number;
        return 0;
    case PAYLOAD_MODEL:
        return model_value(&evaluation, payload->model, NULL, value, err);
    case PAYLOAD_LIST:
        break;
    }
    /* No reader of ours makes a list where a number is asked for. */
    return error_set(err, ERROR_FAILURE, "a list has no single value");
}

/* Puts the payload's place, when it has one, before the message. */
static int locate_payload(const struct payload *payload, struct error *err)
{
    return !payload->where ? -1 : error_prefix(err, "%s", payload->where);
}

int environment_evaluate(const struct payload *payload, const struct environment *environment,
                         enum quantity quantity, double *value, struct error *err)
{
    if (value_of(payload, environment, value, err) || check_value(payload, quantity, value, err))
        return locate_payload(payload, err);
    return 0;
}

int environment_check_names(const struct payload *payload, const struct environment *environment,
                            struct error *err)
{
    struct evaluation evaluation = {.environment = environment, .names_only = true};
    double ignored;

    if (payload->kind == PAYLOAD_MODEL &&
        model_value(&evaluation, payload->model, NULL, &ignored, err))
        return locate_payload(payload, err);
    return 0;
}

static void free_argument(struct argument *argument)
{
    free(argument->key);
    free(argument->text);
    expression_destroy(argument->model);
}

/* Says of a compiler's error which runtime argument caused it, and that the scheduler is to blame.
 */
static int refuse_text(const char *key, const struct error *cause, struct error *err)
{
    if (cause->kind != ERROR_INPUT) /* out of memory */
        return error_set(err, cause->kind, "%s", cause->message);
    return error_set(err, ERROR_SCHEDULER, "runtime argument '%s': %s", key, cause->message);
}

static int make_argument(struct argument *argument, const char *key, const char *text,
                         struct error *err)
{
    struct error cause = {.kind = ERROR_NONE};

    *argument = (struct argument){.key = strdup(key), .text = strdup(text)};
    if (!argument->key || !argument->text)
        return error_no_memory(err);
    if (number_parse(text, &argument->number))
        return 0;
    argument->model = expression_compile(text, &cause);
    return argument->model ? 0 : refuse_text(key, &cause, err);
}

/* The item of the key, or a new one at the end; NULL when out of memory. */
static struct argument *item_for(struct arguments *arguments, const char *key, struct error *err)
{
    for (size_t i = 0; i < arguments->count; i++)
        if (strcmp(arguments->items[i].key, key) == 0)
            return &arguments->items[i];
    if (vector_add(arguments, (struct argument){.key = NULL})) {
        error_no_memory(err);
        return NULL;
    }
    return &arguments->items[arguments->count - 1];
}

int arguments_set(struct arguments *arguments, const char *key, const char *text, struct error *err)
{
    struct argument made;
    struct argument *item;

    if (make_argument(&made, key, text, err)) {
        free_argument(&made);
        return -1;
    }
    item = item_for(arguments, key, err);
    if (!item) {
        free_argument(&made);
        return -1;
    }
    free_argument(item);
    *item = made;
    return 0;
}

void arguments_clear(struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++)
        free_argument(&arguments->items[i]);
    free(arguments->items);
    *arguments = (struct arguments){.items = NULL};
}
