/* Plays a script of loads to the resource port and prints when their members end:
 *
 *     replay PLATFORM flow|simgrid < SCRIPT
 *
 * The script, made by random_world.py, holds words:
 *     disk HOST READ WRITE
 *     start TIME ID KIND HOSTS h... MEMBERS (member amount)... TARGETS h... FLOPS_PER_BYTE
 *           PATTERN BYTES FLOPS f... MATRIX b...
 *     cancel TIME ID
 *     pause TIME ID
 *     go_on TIME ID
 *     loads TIME              (prints the loads of all links and hosts)
 * where a word in capitals before "..." is the number of what follows; times do not decrease.
 */
#include "resources/resources.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_GROUPS 4096

struct owner {
    unsigned id;
    struct load_group *group; /* NULL before it starts and after it has ended */
    bool is_paused;
};

static struct owner owners[MAX_GROUPS];
static struct error err;

static void check(bool fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "replay: %s: %s\n", what, err.message);
    exit(1);
}

static double number(void)
{
    double value = 0;
    check(scanf("%lf", &value) == 1, "script: a number is missing");
    return value;
}

static uint32_t count(void)
{
    return (uint32_t)number();
}

static uint32_t *hosts(uint32_t n)
{
    uint32_t *list = malloc((n + 1) * sizeof *list);
    for (uint32_t i = 0; i < n; i++)
        list[i] = count();
    return list;
}

static double *numbers(uint32_t n)
{
    double *list = malloc((n + 1) * sizeof *list);
    for (uint32_t i = 0; i < n; i++)
        list[i] = number();
    return n ? list : (free(list), NULL);
}

static void start(struct resources *port)
{
    struct owner *owner = &owners[count() % MAX_GROUPS];
    *owner = (struct owner){.id = (unsigned)(owner - owners)};
    struct load load = {.kind = (enum load_kind)count()};
    load.num_hosts = count();
    uint32_t *team = hosts(load.num_hosts);
    load.hosts = team;
    load.num_members = count();
    uint32_t *members = malloc((load.num_members + 1) * sizeof *members);
    double *amounts = malloc((load.num_members + 1) * sizeof *amounts);
    for (uint32_t i = 0; i < load.num_members; i++) {
        members[i] = count();
        amounts[i] = number();
    }
    struct pfs_targets targets = {.count = count()};
    uint32_t *pfs = hosts((uint32_t)targets.count);
    targets.hosts = pfs;
    const struct pfs_targets **each = malloc((load.num_members + 1) * sizeof *each);
    for (uint32_t i = 0; i < load.num_members; i++)
        each[i] = &targets;
    load.members = members;
    load.amounts = amounts;
    load.targets = targets.count ? each : NULL;
    load.flops_per_byte = number();
    load.pattern = (enum matrix_pattern)count();
    load.bytes = number();
    double *flops = numbers(count()), *matrix = numbers(count());
    load.flops = flops;
    load.matrix = matrix;
    owner->group = resources_start(port, &load, owner, &err);
    check(owner->group, "start");
    free(team);
    free(members);
    free(amounts);
    free(pfs);
    free(each);
    free(flops);
    free(matrix);
}

static void print_loads(struct resources *port, double time)
{
    printf("loads %.12g", time);
    for (size_t i = 0; i < resources_num_links(port); i++)
        printf(" %.9g", resources_link_load(port, i));
    for (size_t i = 0; i < resources_num_hosts(port); i++)
        printf(" %.9g", resources_host_load(port, i));
    printf("\n");
}

/* Runs up to `until`, printing what ends. */
static void run(struct resources *port, double until)
{
    double reached = -1;
    struct completion completion;
    while (isinf(until) ? resources_busy(port) : reached < until) {
        check(resources_advance(port, until, &reached, &err) == 0, "advance");
        if (isinf(reached)) {
            printf("stuck\n");
            return;
        }
        while (resources_next_completion(port, &completion)) {
            struct owner *owner = completion.owner;
            for (uint32_t i = 0; i < completion.count; i++)
                printf("end %u %u %.15g\n", owner->id, completion.indices[i], reached);
            if (completion.last)
                owner->group = NULL;
        }
    }
}

/* A load that has ended, or does so already, is left alone. */
static void interfere(struct resources *port, const char *word, struct owner *owner)
{
    if (!owner->group)
        return;
    if (strcmp(word, "cancel") == 0) {
        resources_cancel(port, owner->group);
        owner->group = NULL;
    } else if (strcmp(word, "pause") == 0 && !owner->is_paused) {
        resources_pause(port, owner->group);
        owner->is_paused = true;
    } else if (strcmp(word, "go_on") == 0 && owner->is_paused) {
        check(resources_go_on(port, owner->group, &err) == 0, "go_on");
        owner->is_paused = false;
    }
}

static void play(struct resources *port)
{
    char word[16];
    while (scanf("%15s", word) == 1) {
        if (strcmp(word, "disk") == 0) {
            uint32_t host = count();
            double read = number(), write = number();
            resources_add_disk(port, host, read, write);
            continue;
        }
        double time = number();
        run(port, time);
        if (strcmp(word, "start") == 0)
            start(port);
        else if (strcmp(word, "loads") == 0)
            print_loads(port, time);
        else
            interfere(port, word, &owners[count() % MAX_GROUPS]);
    }
    run(port, INFINITY);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    struct resources *port = resources_open(argv[1], 0, NULL, &err);
    check(port, "platform");
    if (strcmp(argv[2], "flow") == 0) {
        const char *obstacle = resources_use_flow(port, &err);
        check(!obstacle && err.kind == ERROR_NONE, obstacle ? obstacle : "flow");
    }
    play(port);
    resources_close(port);
    return 0;
}
