/* Properties of hosts: reading their values, and remarking on those that may be slips. */
#include "base/vector.h"
#include "platform/reader.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* More GPUs than that in a node are a slip. */
enum { MAX_GPUS = 100000 };

static const char *const property_names[] = {
    "batch_system",  "pfs_host",          "pfs_targets",    "node_local_bb",    "bb_read_bw",
    "bb_write_bw",   "wide_striping",     "flops_per_byte", "num_gpus",         "flops_per_gpu",
    "gpu_to_gpu_bw", "wattage_per_state", "wattage_off",    "gpu_wattage_idle", "gpu_wattage_busy",
    "boot_seconds",  "boot_joules",       "stop_seconds",   "stop_joules",      NULL,
};

const char *property_host_name(const struct reader *reader, size_t host)
{
    return resources_host_name(reader->platform->resources, host);
}

const char *property_of_host(const struct reader *reader, size_t host, const char *key)
{
    return resources_host_property(reader->platform->resources, host, key);
}

int property_error(struct reader *reader, size_t host, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_vset(reader->err, ERROR_INPUT, format, arguments);
    va_end(arguments);
    return error_prefix(reader->err, "%s: host '%s': property '%s'", reader->file,
                        property_host_name(reader, host), key);
}

/* --- Values of properties -------------------------------------------------------------------- */

/* False when the host lacks the property. */
int property_read_bool(struct reader *reader, size_t host, const char *key, bool *result)
{
    const char *text = property_of_host(reader, host, key);
    *result = text && (!strcasecmp(text, "true") || !strcmp(text, "1"));
    if (!text || *result || !strcasecmp(text, "false") || !strcmp(text, "0"))
        return 0;
    return property_error(reader, host, key, "must be 'true' or 'false', is '%s'", text);
}

int property_read_wanted(struct reader *reader, size_t host, const struct wanted *wanted,
                         double *result)
{
    const char *text = property_of_host(reader, host, wanted->key);
    if (!text)
        return property_error(reader, host, wanted->key, "is missing; %s needs %s", wanted->cause,
                              wanted->what);
    if (wanted->read(text, result) || *result <= 0)
        return property_error(reader, host, wanted->key, "must be %s, above 0, is '%s'",
                              wanted->what, text);
    return 0;
}

int property_read_amount(struct reader *reader, size_t host, const char *key, const char *unit,
                         double *result)
{
    const char *text = property_of_host(reader, host, key);
    if (!text || !units_number(text, result))
        return 0;
    return property_error(reader, host, key, "must be a number of %s, at least 0, is '%s'", unit,
                          text);
}

int property_read_flops_per_byte(struct reader *reader, size_t host, double *result)
{
    const char *text = property_of_host(reader, host, "flops_per_byte");
    *result = 0;
    if (!text || !units_flops(text, result))
        return 0;
    return property_error(reader, host, "flops_per_byte",
                          "must be a number of flops, like '5f', of at least 0, is '%s'", text);
}

int property_read_num_gpus(struct reader *reader, size_t host, uint32_t *result)
{
    const char *text = property_of_host(reader, host, "num_gpus");
    char *end;
    *result = 0;
    if (!text)
        return 0;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || errno || number > MAX_GPUS)
        return property_error(reader, host, "num_gpus",
                              "must be a whole number from 0 to %d, is '%s'", MAX_GPUS, text);
    *result = (uint32_t)number;
    return 0;
}

/* --- Slips ----------------------------------------------------------------------------------- */

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static bool same_word(const char *a, const char *b)
{
    return !strcasecmp(a, b);
}

/* Whether one letter too many, too few, wrong or in its neighbour's place, or the case of letters,
 * is all that sets the words apart. */
static bool is_slip(const char *word, const char *name)
{
    while (*word && same_letter(*word, *name))
        word++, name++;
    if (!*word || !*name)
        return strlen(word) + strlen(name) <= 1;
    return same_word(word + 1, name) || same_word(word, name + 1) ||
           same_word(word + 1, name + 1) ||
           (same_letter(word[0], name[1]) && same_letter(word[1], name[0]) &&
            same_word(word + 2, name + 2));
}

/* The property that is meant by a key that is none; NULL when it is one or like none. */
static const char *meant_property(const char *key)
{
    const char *meant = NULL;
    for (const char *const *name = property_names; *name; name++) {
        if (!strcmp(key, *name))
            return NULL;
        if (is_slip(key, *name))
            meant = *name;
    }
    return meant;
}

int remark(struct reader *reader, size_t host, const char *key, const char *suggestion)
{
    for (size_t i = 0; i < reader->num_remarks; i++)
        if (!strcmp(reader->remarks[i].key, key)) {
            reader->remarks[i].count++;
            return 0;
        }
    if (array_reserve(reader->remarks, reader->remarks_capacity, reader->num_remarks + 1))
        return error_no_memory(reader->err);
    reader->remarks[reader->num_remarks++] = (struct remark){key, suggestion, host, 1};
    return 0;
}

int property_look_for_slips(struct reader *reader, size_t host)
{
    struct resources *port = reader->platform->resources;
    size_t count = resources_num_host_properties(port, host);
    for (size_t i = 0; i < count; i++) {
        const char *key = resources_host_property_key(port, host, i);
        const char *meant = meant_property(key);
        if (meant && remark(reader, host, key, meant))
            return -1;
    }
    return 0;
}

static int say_remark(struct reader *reader, const struct remark *remark)
{
    char others[64] = "";
    if (remark->count > 1)
        snprintf(others, sizeof others, " (and %zu more)", remark->count - 1);
    if (!remark->suggestion)
        return warnings_add(reader->warnings, reader->err,
                            "%s: host '%s'%s: property '%s' has no effect without 'node_local_bb'",
                            reader->file, property_host_name(reader, remark->host), others,
                            remark->key);
    return warnings_add(reader->warnings, reader->err,
                        "%s: host '%s'%s: unknown property '%s', did you mean '%s'?", reader->file,
                        property_host_name(reader, remark->host), others, remark->key,
                        remark->suggestion);
}

int remarks_say(struct reader *reader)
{
    for (size_t i = 0; i < reader->num_remarks; i++)
        if (say_remark(reader, &reader->remarks[i]))
            return -1;
    return 0;
}
