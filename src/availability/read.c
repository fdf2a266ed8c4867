/* The file of a plan (docs/availability.md): what it says, checked value by value. */
#include "availability/sources.h"
#include "base/number.h"
#include "base/quote.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const document_keys[] = {"outages", "failures", "windows", NULL};
static const char *const outage_keys[] = {"nodes",  "from",      "until",     "duration", "kind",
                                          "reason", "announced", "end_known", NULL};
static const char *const failure_keys[] = {
    "nodes", "per",   "between", "distribution", "shape",  "repair", "repair_known",
    "from",  "until", "seed",    "burst",        "reason", NULL};
static const char *const per_keys[] = {"property", NULL};
static const char *const repair_keys[] = {"distribution", "mean", "sigma", NULL};
static const char *const burst_keys[] = {"probability", "nodes", "within", NULL};
static const char *const window_keys[] = {"nodes", "share", "first", "every",  "duration",
                                          "kind",  "lead",  "until", "reason", NULL};

static const char *const kinds[] = {
    [OUTAGE_DOWN] = "down", [OUTAGE_DRAIN] = "drain", [OUTAGE_OFF] = "off", NULL};
static const char *const failure_laws[] = {"exponential", "weibull", NULL};
static const char *const repair_laws[] = {"fixed", "exponential", "lognormal", NULL};

/* Between failures on average, from one window to the next, in seconds: shorter ones would have the
 * simulation do nothing else. */
#define SHORTEST_SPAN 1.0
/* What is announced of one window at a time is not more than this. */
#define MOST_ANNOUNCED 1000.0
/* Beyond these the laws have hardly any draw that is near their mean. */
#define LEAST_SHAPE 0.1
#define MOST_SHAPE 100.0
#define MOST_SIGMA 5.0

/* --- Values ---------------------------------------------------------------------------------- */

/* The member of an object; its value is NULL where it is missing or null, which is the same. */
static struct json_at member_of(const struct json_at *at, const char *key)
{
    struct json_at member = json_member(at, key);

    if (cJSON_IsNull(member.value))
        member.value = NULL;
    return member;
}

static int read_time(const struct json_at *at, double *result, struct error *err)
{
    return json_number_in(at, 0, LAST_TIME, result, err);
}

static int read_optional_time(const struct json_at *at, const char *key, double *result,
                              struct error *err)
{
    struct json_at member = member_of(at, key);

    return member.value ? read_time(&member, result, err) : 0;
}

/* A time or span above 0. */
static int read_positive(const struct json_at *at, double *result, struct error *err)
{
    if (read_time(at, result, err))
        return -1;
    return *result > 0 ? 0 : json_error(at, err, "must be above 0, is 0");
}

/* A time after `from`, which the key names. */
static int read_until(const struct json_at *at, const char *key, double from, double *result,
                      struct error *err)
{
    char begin[NUMBER_TEXT], end[NUMBER_TEXT];

    if (read_time(at, result, err))
        return -1;
    if (*result > from)
        return 0;
    return json_error(at, err, "must be after '%s', which is %s, is %s", key,
                      number_text(from, begin), number_text(*result, end));
}

static int read_optional_until(const struct json_at *at, const char *key, double from,
                               double *result, struct error *err)
{
    struct json_at member = member_of(at, "until");

    *result = INFINITY;
    return member.value ? read_until(&member, key, from, result, err) : 0;
}

static int read_optional_bool(const struct json_at *at, const char *key, bool *result,
                              struct error *err)
{
    struct json_at member = member_of(at, key);

    return member.value ? json_bool(&member, result, err) : 0;
}

/* "a", "b" or "c" */
static const char *list_words(const char *const *words, char *text, size_t size)
{
    size_t length = 0;

    for (size_t i = 0; words[i]; i++)
        length += (size_t)snprintf(text + length, size - length, "%s\"%s\"",
                                   i == 0         ? ""
                                   : words[i + 1] ? ", "
                                                  : " or ",
                                   words[i]);
    return text;
}

/* Which of the words (NULL-terminated) a string is. */
static int read_word(const struct json_at *at, const char *const *words, int *result,
                     struct error *err)
{
    char list[128], quoted[QUOTE_TEXT];
    const char *word;

    if (json_string(at, &word, err))
        return -1;
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0) {
            *result = i;
            return 0;
        }
    return json_error(at, err, "must be %s, is '%s'", list_words(words, list, sizeof list),
                      quote(word, quoted));
}

static int read_optional_word(const struct json_at *at, const char *key, const char *const *words,
                              int *result, struct error *err)
{
    struct json_at member = member_of(at, key);

    return member.value ? read_word(&member, words, result, err) : 0;
}

static int read_kind(const struct json_at *at, enum outage_kind *kind, struct error *err)
{
    int word = OUTAGE_DOWN;

    if (read_optional_word(at, "kind", kinds, &word, err))
        return -1;
    *kind = (enum outage_kind)word;
    return 0;
}

static int read_reason(struct reader *reader, const struct json_at *at, const char **reason,
                       struct error *err)
{
    struct json_at member = member_of(at, "reason");
    const char *text;
    char *copy;

    *reason = "";
    if (!member.value)
        return 0;
    if (json_string(&member, &text, err))
        return -1;
    copy = strdup(text);
    if (!copy || plan_keep(reader->plan, copy))
        return error_no_memory(err);
    *reason = copy;
    return 0;
}

static int read_optional_nodes(struct reader *reader, const struct json_at *at,
                               struct node_list *nodes, struct error *err)
{
    struct json_at member = member_of(at, "nodes");

    return member.value ? nodes_read(reader, &member, nodes, err)
                        : nodes_read_all(reader, nodes, err);
}

/* A key that means something together with another value only. */
static int refuse_idle_key(const struct json_at *at, const char *value, struct error *err)
{
    return json_error(at, err,
                      "has no effect without \"distribution\": \"%s\"; take one out or "
                      "put the other in",
                      value);
}

/* --- Outages --------------------------------------------------------------------------------- */

static int read_end(const struct json_at *at, struct outage *outage, struct error *err)
{
    struct json_at until = member_of(at, "until"), duration = member_of(at, "duration");
    double seconds;

    if (until.value && duration.value)
        return json_error(at, err, "has both 'until' and 'duration'; take one of them out");
    if (!duration.value)
        return read_optional_until(at, "from", outage->from, &outage->until, err);
    if (read_positive(&duration, &seconds, err))
        return -1;
    outage->until = outage->from + seconds;
    return 0;
}

static int read_announced(const struct json_at *at, double from, double *announced,
                          struct error *err)
{
    struct json_at member = member_of(at, "announced");
    char begin[NUMBER_TEXT], found[NUMBER_TEXT];

    *announced = INFINITY;
    if (!member.value)
        return 0;
    if (read_time(&member, announced, err))
        return -1;
    if (*announced <= from)
        return 0;
    return json_error(&member, err, "must not be after 'from', which is %s, is %s",
                      number_text(from, begin), number_text(*announced, found));
}

static int read_outage_values(struct reader *reader, const struct json_at *at,
                              struct outage *outage, double *announced, struct error *err)
{
    struct json_at nodes = member_of(at, "nodes"), from = member_of(at, "from");
    struct node_list list;

    outage->end_is_known = true;
    if (nodes_read(reader, &nodes, &list, err) || read_time(&from, &outage->from, err) ||
        read_end(at, outage, err) || read_announced(at, outage->from, announced, err) ||
        read_kind(at, &outage->kind, err) ||
        read_optional_bool(at, "end_known", &outage->end_is_known, err) ||
        read_reason(reader, at, &outage->reason, err))
        return -1;
    outage->nodes = list.ids;
    outage->num_nodes = list.count;
    return 0;
}

static int read_outage(struct reader *reader, const struct json_at *at, struct error *err)
{
    struct plan *plan = reader->plan;
    struct occurrence *occurrence;
    double announced;

    if (json_object(at, err))
        return -1;
    unknown_keys_look(&reader->unknown, at, outage_keys);
    occurrence = calloc(1, sizeof *occurrence);
    if (!occurrence || vector_add(&plan->outages, occurrence)) {
        free(occurrence);
        return error_no_memory(err);
    }
    occurrence->place = occurrence_place(reader->rank++, 0);
    if (read_outage_values(reader, at, &occurrence->outage, &announced, err))
        return -1;
    return occurrence_enter(plan, occurrence, announced) ? error_no_memory(err) : 0;
}

/* --- Failures -------------------------------------------------------------------------------- */

static int read_between(const struct json_at *at, struct duration *between, struct error *err)
{
    struct json_at mean = member_of(at, "between"), shape = member_of(at, "shape");
    int law = 0;

    if (json_number_in(&mean, SHORTEST_SPAN, LAST_TIME, &between->mean, err) ||
        read_optional_word(at, "distribution", failure_laws, &law, err))
        return -1;
    between->law = law == 0 ? DURATION_EXPONENTIAL : DURATION_WEIBULL;
    if (law == 0)
        return shape.value ? refuse_idle_key(&shape, "weibull", err) : 0;
    return json_number_in(&shape, LEAST_SHAPE, MOST_SHAPE, &between->shape, err);
}

static int read_repair_law(struct reader *reader, const struct json_at *at, struct duration *repair,
                           struct error *err)
{
    static const enum duration_law laws[] = {DURATION_FIXED, DURATION_EXPONENTIAL,
                                             DURATION_LOGNORMAL};
    struct json_at distribution = member_of(at, "distribution"), mean = member_of(at, "mean");
    struct json_at sigma = member_of(at, "sigma");
    int law;

    unknown_keys_look(&reader->unknown, at, repair_keys);
    if (read_word(&distribution, repair_laws, &law, err) ||
        read_positive(&mean, &repair->mean, err))
        return -1;
    repair->law = laws[law];
    if (repair->law != DURATION_LOGNORMAL)
        return sigma.value ? refuse_idle_key(&sigma, "lognormal", err) : 0;
    return json_number_in(&sigma, 0, MOST_SIGMA, &repair->shape, err);
}

static int read_repair(struct reader *reader, const struct json_at *at, struct duration *repair,
                       struct error *err)
{
    struct json_at member = member_of(at, "repair");

    if (cJSON_IsObject(member.value))
        return read_repair_law(reader, &member, repair, err);
    if (cJSON_IsNumber(member.value))
        return read_positive(&member, &repair->mean, err);
    return json_error(&member, err,
                      "must be seconds or an object with 'distribution' and 'mean', is %s",
                      json_type_name(member.value));
}

static int allocate_units(struct failures *failures, uint32_t count, struct error *err)
{
    failures->units = calloc(count + (size_t)1, sizeof *failures->units);
    failures->num_units = count;
    return failures->units ? 0 : error_no_memory(err);
}

static int make_units_of_nodes(struct reader *reader, struct failures *failures, struct error *err)
{
    if (allocate_units(failures, failures->nodes.count, err))
        return -1;
    for (uint32_t i = 0; i < failures->num_units; i++)
        failures->units[i] = (struct unit){
            .name = reader->platform->nodes[failures->nodes.ids[i]].name, .first = i, .count = 1};
    return 0;
}

static int make_units_of_groups(const struct property_index *index, struct failures *failures,
                                struct error *err)
{
    if (allocate_units(failures, index->nodes.count, err))
        return -1;
    failures->num_units = 0;
    for (uint32_t i = 0; i < index->nodes.count; i++) {
        if (i == 0 || strcmp(index->values[i], index->values[i - 1]) != 0)
            failures->units[failures->num_units++] =
                (struct unit){.name = index->values[i], .first = i};
        failures->units[failures->num_units - 1].count++;
    }
    return 0;
}

static int read_group(struct reader *reader, const struct json_at *at, struct failures *failures,
                      struct error *err)
{
    struct json_at property = member_of(at, "property");
    struct property_index index;
    const char *key;
    int status;

    unknown_keys_look(&reader->unknown, at, per_keys);
    if (json_string(&property, &key, err) ||
        nodes_by_property(reader, &property, key, &failures->nodes, &index, err))
        return -1;
    failures->nodes = index.nodes;
    status = make_units_of_groups(&index, failures, err);
    free(index.values);
    if (plan_keep(reader->plan, index.nodes.ids))
        return error_no_memory(err);
    return status;
}

static int read_units(struct reader *reader, const struct json_at *at, struct failures *failures,
                      struct error *err)
{
    struct json_at per = member_of(at, "per");
    char quoted[QUOTE_TEXT];

    if (cJSON_IsObject(per.value))
        return read_group(reader, &per, failures, err);
    if (!per.value)
        return make_units_of_nodes(reader, failures, err);
    if (!cJSON_IsString(per.value))
        return json_error(&per, err, "must be \"node\" or an object with 'property', is %s",
                          json_type_name(per.value));
    if (strcmp(per.value->valuestring, "node") != 0)
        return json_error(&per, err, "must be \"node\" or an object with 'property', is '%s'",
                          quote(per.value->valuestring, quoted));
    return make_units_of_nodes(reader, failures, err);
}

/* How many nodes there are at least beside those of a unit. */
static uint32_t fewest_others(const struct failures *failures)
{
    uint32_t largest = 0;

    for (uint32_t i = 0; i < failures->num_units; i++)
        if (largest < failures->units[i].count)
            largest = failures->units[i].count;
    return failures->nodes.count - largest;
}

static int prepare_burst(struct failures *failures, struct error *err)
{
    size_t count = failures->nodes.count;

    failures->pool = malloc((count + 1) * sizeof *failures->pool);
    failures->drawn = malloc((failures->burst.num_nodes + (size_t)1) * sizeof *failures->drawn);
    if (!failures->pool || !failures->drawn)
        return error_no_memory(err);
    memcpy(failures->pool, failures->nodes.ids, count * sizeof *failures->pool);
    return 0;
}

static int read_burst(struct reader *reader, const struct json_at *at, struct failures *failures,
                      struct error *err)
{
    struct json_at burst = member_of(at, "burst"), probability, nodes, within;
    uint32_t most = fewest_others(failures);
    long long count;

    if (!burst.value)
        return 0;
    if (json_object(&burst, err))
        return -1;
    unknown_keys_look(&reader->unknown, &burst, burst_keys);
    probability = member_of(&burst, "probability");
    nodes = member_of(&burst, "nodes");
    within = member_of(&burst, "within");
    if (json_number_in(&probability, 0, 1, &failures->burst.probability, err) ||
        json_integer(&nodes, 1, UINT32_MAX, &count, err) ||
        read_time(&within, &failures->burst.within, err))
        return -1;
    if (count > most)
        return json_error(&nodes, err,
                          "must be at most %lu, is %lld; there are no more nodes beside those that "
                          "fail first",
                          (unsigned long)most, count);
    failures->burst.num_nodes = (uint32_t)count;
    return prepare_burst(failures, err);
}

static int read_seed(const struct reader *reader, const struct json_at *at,
                     struct failures *failures, struct error *err)
{
    struct json_at member = member_of(at, "seed");
    const struct plan *plan = reader->plan;

    failures->seed = 1;
    if (member.value && json_integer(&member, 0, (long long)LARGEST_WHOLE, &failures->seed, err))
        return -1;
    for (size_t i = 0; plan->failures.items[i] != failures; i++)
        failures->ordinal += plan->failures.items[i]->seed == failures->seed;
    return 0;
}

static int read_failure_values(struct reader *reader, const struct json_at *at,
                               struct failures *failures, struct error *err)
{
    if (read_optional_nodes(reader, at, &failures->nodes, err) ||
        read_units(reader, at, failures, err) || read_between(at, &failures->between, err) ||
        read_repair(reader, at, &failures->repair, err) ||
        read_optional_bool(at, "repair_known", &failures->repair_known, err) ||
        read_optional_time(at, "from", &failures->from, err) ||
        read_optional_until(at, "from", failures->from, &failures->until, err) ||
        read_seed(reader, at, failures, err) || read_burst(reader, at, failures, err) ||
        read_reason(reader, at, &failures->reason, err))
        return -1;
    duration_settle(&failures->between);
    duration_settle(&failures->repair);
    return 0;
}

static int read_failure(struct reader *reader, const struct json_at *at, struct error *err)
{
    struct plan *plan = reader->plan;
    struct failures *failures;

    if (json_object(at, err))
        return -1;
    unknown_keys_look(&reader->unknown, at, failure_keys);
    failures = calloc(1, sizeof *failures);
    if (!failures || vector_add(&plan->failures, failures)) {
        free(failures);
        return error_no_memory(err);
    }
    if (read_failure_values(reader, at, failures, err))
        return -1;
    failures->rank = reader->rank;
    reader->rank += failures->num_units;
    return failures_begin(plan, failures) ? error_no_memory(err) : 0;
}

/* --- Windows --------------------------------------------------------------------------------- */

static int read_share(const struct json_at *at, struct node_list *nodes, struct error *err)
{
    struct json_at member = member_of(at, "share");
    double share = 1;
    uint32_t count;

    if (member.value && json_number_in(&member, 0, 1, &share, err))
        return -1;
    if (share == 0)
        return json_error(&member, err, "must be above 0, is 0");
    count = (uint32_t)floor(share * nodes->count + 0.5);
    if (count == 0)
        count = 1;
    *nodes = (struct node_list){nodes->ids + (nodes->count - count), count};
    return 0;
}

static int read_recurrence(const struct json_at *at, struct window *window, struct error *err)
{
    struct json_at first = member_of(at, "first"), every = member_of(at, "every");
    struct json_at duration = member_of(at, "duration"), lead = member_of(at, "lead");
    char bound[NUMBER_TEXT], found[NUMBER_TEXT];

    if (read_time(&first, &window->first, err) ||
        json_number_in(&every, SHORTEST_SPAN, LAST_TIME, &window->every, err) ||
        read_positive(&duration, &window->duration, err))
        return -1;
    if (window->duration >= window->every)
        return json_error(&duration, err,
                          "must be less than 'every', which is %s, is %s; otherwise there is no "
                          "time between two windows",
                          number_text(window->every, bound), number_text(window->duration, found));
    window->lead = -1;
    if (!lead.value)
        return 0;
    return json_number_in(&lead, 0, MOST_ANNOUNCED * window->every, &window->lead, err);
}

static int read_window_values(struct reader *reader, const struct json_at *at,
                              struct window *window, struct error *err)
{
    return read_optional_nodes(reader, at, &window->nodes, err) ||
                   read_share(at, &window->nodes, err) || read_recurrence(at, window, err) ||
                   read_kind(at, &window->kind, err) ||
                   read_optional_until(at, "first", window->first, &window->until, err) ||
                   read_reason(reader, at, &window->reason, err)
               ? -1
               : 0;
}

static int read_window(struct reader *reader, const struct json_at *at, struct error *err)
{
    struct plan *plan = reader->plan;
    struct window *window;

    if (json_object(at, err))
        return -1;
    unknown_keys_look(&reader->unknown, at, window_keys);
    window = calloc(1, sizeof *window);
    if (!window || vector_add(&plan->windows, window)) {
        free(window);
        return error_no_memory(err);
    }
    window->rank = reader->rank++;
    if (read_window_values(reader, at, window, err))
        return -1;
    return window_begin(plan, window) ? error_no_memory(err) : 0;
}

/* --- The document ---------------------------------------------------------------------------- */

static int read_list(struct reader *reader, const struct json_at *root, const char *key,
                     int (*read)(struct reader *, const struct json_at *, struct error *),
                     struct error *err)
{
    struct json_at list = member_of(root, key);
    const cJSON *value;
    long index = 0;

    if (!list.value)
        return 0;
    if (json_array(&list, err))
        return -1;
    cJSON_ArrayForEach(value, list.value)
    {
        struct json_at element = json_element(&list, value, index++);

        if (read(reader, &element, err))
            return -1;
    }
    return 0;
}

/* Keys that nobody knows are refused: a plan that is not followed as it was meant would look like a
 * machine that is better than it is. */
static int read_document(struct reader *reader, const struct json_document *document,
                         struct error *err)
{
    struct warnings refused = {.strict = true};
    struct json_at root = json_root(document);
    int status;

    reader->unknown.file = document->file;
    if (json_object(&root, err))
        return -1;
    unknown_keys_look(&reader->unknown, &root, document_keys);
    status = read_list(reader, &root, "outages", read_outage, err) ||
             read_list(reader, &root, "failures", read_failure, err) ||
             read_list(reader, &root, "windows", read_window, err);
    return unknown_keys_tell(&reader->unknown, &refused, err) || status ? -1 : 0;
}

static void release_reader(struct reader *reader)
{
    for (size_t i = 0; i < reader->indices.count; i++)
        free(reader->indices.items[i].values);
    free(reader->indices.items);
}

struct plan *plan_read(const char *file, const struct platform *platform, struct error *err)
{
    struct reader reader = {.platform = platform, .plan = calloc(1, sizeof *reader.plan)};
    struct json_document document;
    int status;

    if (!reader.plan) {
        error_no_memory(err);
        return NULL;
    }
    status = json_read(&document, file, err);
    if (status == 0) {
        status = read_document(&reader, &document, err);
        json_close(&document);
    }
    release_reader(&reader);
    if (status == 0)
        return reader.plan;
    plan_release(reader.plan);
    return NULL;
}
