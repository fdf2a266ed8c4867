/* Any bytes as a plan of outages for a small machine: an error or a plan, never a crash; a plan's
 * events are in order, of nodes that there are, and end what has begun. */
#include "availability/plan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_EVENTS = 200 };

static const char machine[] =
    "<?xml version='1.0'?><!DOCTYPE platform SYSTEM 'https://simgrid.org/simgrid.dtd'>"
    "<platform version='4.1'><zone id='z' routing='Full'>"
    "<host id='n0' speed='1Gf'><prop id='rack' value='r'/></host>"
    "<host id='n1' speed='1Gf'><prop id='rack' value='r'/></host>"
    "<host id='n2' speed='1Gf'><prop id='rack' value='s'/></host>"
    "<host id='n3' speed='1Gf'/></zone></platform>";

static char path[] = "/tmp/fuzz-availability-XXXXXX";
static struct platform platform;
static struct resources *port;

static void clean_up(void)
{
    platform_release(&platform);
    resources_close(port);
    remove(path);
}

static void write_file(const void *data, size_t size)
{
    FILE *file = fopen(path, "w");

    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        abort();
}

static void prepare(void)
{
    static const struct configuration configuration = {.file = NULL};
    struct error err = {.kind = ERROR_NONE};
    int file;

    if (port)
        return;
    file = mkstemp(path);
    if (file < 0 || close(file) || atexit(clean_up))
        abort();
    write_file(machine, sizeof machine - 1);
    port = resources_open(path, 0, NULL, &err);
    if (!port || platform_create(&platform, path, port, &configuration, NULL, &err))
        abort();
}

static void check_event(const struct plan_event *event, double last)
{
    const struct outage *outage = event->outage;

    if (!(event->time >= last) || outage->num_nodes < 1 || !(outage->from <= outage->until) ||
        (event->change == PLAN_BEGINS && event->time != outage->from) ||
        (event->change == PLAN_ENDS && event->time != outage->until))
        abort();
    for (uint32_t i = 0; i < outage->num_nodes; i++)
        if (outage->nodes[i] >= platform.num_nodes ||
            (i > 0 && outage->nodes[i] <= outage->nodes[i - 1]))
            abort();
}

static void follow(struct plan *plan)
{
    struct plan_event event;
    double last = 0;
    long under_way = 0;

    for (int i = 0; i < MOST_EVENTS && plan_next(plan, &event); i++) {
        check_event(&event, last);
        last = event.time;
        under_way += (event.change == PLAN_BEGINS) - (event.change == PLAN_ENDS);
        if (under_way < 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {.kind = ERROR_NONE};
    struct plan *plan;

    prepare();
    write_file(data, size);
    plan = plan_read(path, &platform, &err);
    if ((!plan) != (err.kind == ERROR_INPUT))
        abort();
    if (plan)
        follow(plan);
    plan_release(plan);
    return 0;
}
