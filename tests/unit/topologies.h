/* Small platforms for tests of what stands on routes. Hosts are n10, n11, ... so that the order of
 * their names is that of their numbers. */
#ifndef ELASTISIM_TESTS_TOPOLOGIES_H
#define ELASTISIM_TESTS_TOPOLOGIES_H

#include "child.h"
#include "scratch.h"

#include "resources/topology.h"

#define PLATFORM(content)                                                                          \
    "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM 'https://simgrid.org/simgrid.dtd'>\n"        \
    "<platform version='4.1'><zone id='z' routing='Full'>" content "</zone></platform>"

/* Hosts of 1 Gf; each has a link up and a link down of 1 GBps and 1 ms. */
#define CLUSTER(radical, more)                                                                     \
    "<cluster id='c' prefix='n' suffix='' radical='" radical "' speed='1Gf' bw='1GBps' "           \
    "lat='1ms' " more "/>"
#define STAR(radical) PLATFORM(CLUSTER(radical, ""))
/* All routes have a backbone of 4 GBps and 2 ms in common. */
#define STAR_WITH_BACKBONE(radical, policy)                                                        \
    PLATFORM(CLUSTER(radical, "bb_bw='4GBps' bb_lat='2ms' bb_sharing_policy='" policy "'"))
/* "4,4": four hosts on each of four switches, each of these on two further ones. */
#define FAT_TREE(radical, shape)                                                                   \
    PLATFORM(CLUSTER(radical, "topology='FAT_TREE' topo_parameters='2;" shape                      \
                              ";1,2;1,1' sharing_policy='SPLITDUPLEX'"))
/* Groups, chassis, routers and hosts on each router: "2,2;2,1;2,1;2" makes 16 hosts. */
#define DRAGONFLY(radical, shape)                                                                  \
    PLATFORM(CLUSTER(radical, "topology='DRAGONFLY' topo_parameters='" shape                       \
                              "' sharing_policy='SPLITDUPLEX'"))
/* Three hosts, each connected with each other by a link of its own. */
#define MESH                                                                                       \
    PLATFORM(                                                                                      \
        "<host id='n10' speed='1Gf'/><host id='n11' speed='1Gf'/><host id='n12' speed='1Gf'/>"     \
        "<link id='a' bandwidth='1GBps' latency='0s'/><link id='b' bandwidth='1GBps' "             \
        "latency='0s'/><link id='c' bandwidth='1GBps' latency='0s'/>"                              \
        "<route src='n10' dst='n11'><link_ctn id='a'/></route>"                                    \
        "<route src='n11' dst='n12'><link_ctn id='b'/></route>"                                    \
        "<route src='n10' dst='n12'><link_ctn id='c'/></route>")

/* Loads the platform of that text, or ends the case. */
static inline struct topology *open_topology(const char *text)
{
    struct error err = {.kind = ERROR_NONE};
    scratch_write("p.xml", text);
    struct topology *topology = topology_open("p.xml", 0, NULL, &err);
    check_text(err.message, "");
    return topology;
}

/* The number of a link by its name. */
static inline uint32_t link_named(const struct topology *topology, const char *name)
{
    long link = topology_find_link(topology, name);
    if (link < 0)
        child_fails(__FILE__, __LINE__, name);
    return (uint32_t)link;
}

#endif
