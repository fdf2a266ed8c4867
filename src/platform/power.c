/* Power of nodes (docs/energy.md). CPUs and what is off are spelled as SimGrid's energy plugin
 * spells them: "Host Energy" in SimGrid's manual, after F. C. Heinrich et al., "Predicting the
 * energy consumption of MPI applications at scale using a single node", CLUSTER 2017. */
#include "platform/reader.h"

#include <string.h>

/* "IDLE:ALL" or "IDLE:LEAST:ALL". */
enum { MOST_FIGURES = 3, LONGEST_FIGURE = 64 };

/* One figure, up to a colon, a comma or the end, where *text then stands. Returns 0, or -1. */
static int read_figure(const char **text, double *watts)
{
    char figure[LONGEST_FIGURE];
    size_t length = strcspn(*text, ":,");
    if (length >= sizeof figure)
        return -1;
    memcpy(figure, *text, length);
    figure[length] = '\0';
    *text += length;
    return units_number(figure, watts);
}

/* What the CPUs draw in one of the host's states, up to a comma or the end. */
static int read_state(const char **text, struct node_power *power)
{
    double watts[MOST_FIGURES];
    size_t count = 0;
    do {
        *text += count > 0;
        if (count == MOST_FIGURES || read_figure(text, &watts[count]))
            return -1;
        count++;
    } while (**text == ':');
    if (count < 2)
        return -1;
    power->idle = watts[0];
    power->epsilon = watts[count - 2];
    power->all = watts[count - 1];
    return 0;
}

static size_t count_states(const char *text)
{
    size_t count = 1;
    for (const char *at = text; (at = strchr(at, ',')); at++)
        count++;
    return count;
}

/* All states are read, so that a slip in one that the host does not have is told, too. */
static int read_states(struct reader *reader, size_t host, const char *text)
{
    static const char key[] = "wattage_per_state";
    struct known_wattage *known = &reader->known;
    const char *at = text;
    if (count_states(text) != known->num_states)
        return property_error(reader, host, key,
                              "must have an entry for each of the host's %zu speeds, separated by "
                              "commas, has %zu",
                              known->num_states, count_states(text));
    for (size_t i = 0; i < known->num_states; i++) {
        struct node_power power;
        at += i > 0;
        if (read_state(&at, &power))
            return property_error(reader, host, key,
                                  "must be 'IDLE:ALL' or 'IDLE:EPSILON:ALL', each a number of "
                                  "watts of at least 0, for each speed of the host, is '%s'",
                                  text);
        if (i == known->state)
            known->power = power;
    }
    known->text = text;
    return 0;
}

static bool is_known(const struct known_wattage *known, const char *text, size_t num_states,
                     size_t state)
{
    return known->text && !strcmp(known->text, text) && known->num_states == num_states &&
           known->state == state;
}

static int read_cpus(struct reader *reader, struct node_description *node)
{
    const struct resources *port = reader->platform->resources;
    const char *text = property_of_host(reader, node->host, "wattage_per_state");
    size_t num_states = resources_num_host_states(port, node->host);
    size_t state = resources_host_state(port, node->host);
    if (!text)
        return 0;
    if (!is_known(&reader->known, text, num_states, state)) {
        reader->known = (struct known_wattage){.num_states = num_states, .state = state};
        if (read_states(reader, node->host, text))
            return -1;
    }
    node->power = reader->known.power;
    return 0;
}

/* What a node draws with nothing to do is what it draws while it is switched, unless that is said.
 */
static int read_switching(struct reader *reader, const struct node_description *node,
                          const char *seconds_key, const char *joules_key, double *seconds,
                          double *watts)
{
    double joules = -1;
    *watts = node->power.idle + node->num_gpus * node->power.gpu_idle;
    if (property_read_amount(reader, node->host, seconds_key, "seconds", seconds) ||
        property_read_amount(reader, node->host, joules_key, "joules", &joules))
        return -1;
    if (joules > 0 && *seconds <= 0)
        return property_error(reader, node->host, joules_key,
                              "needs '%s', the time in which they are drawn, above 0", seconds_key);
    if (joules >= 0 && *seconds > 0)
        *watts = joules / *seconds;
    return 0;
}

int power_read(struct reader *reader, struct node_description *node)
{
    struct node_power *power = &node->power;
    if (resources_num_host_properties(reader->platform->resources, node->host) == 0)
        return 0;
    if (read_cpus(reader, node) ||
        property_read_amount(reader, node->host, "wattage_off", "watts", &power->off) ||
        property_read_amount(reader, node->host, "gpu_wattage_idle", "watts", &power->gpu_idle))
        return -1;
    power->gpu_busy = power->gpu_idle;
    if (property_read_amount(reader, node->host, "gpu_wattage_busy", "watts", &power->gpu_busy) ||
        read_switching(reader, node, "boot_seconds", "boot_joules", &node->boot_seconds,
                       &power->boot))
        return -1;
    return read_switching(reader, node, "stop_seconds", "stop_joules", &node->stop_seconds,
                          &power->stop);
}
