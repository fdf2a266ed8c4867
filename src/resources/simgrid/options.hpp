/* SimGrid's own options (--cfg=..., --log=...): ours, and those that the user adds. */
#ifndef ELASTISIM_RESOURCES_SIMGRID_OPTIONS_HPP
#define ELASTISIM_RESOURCES_SIMGRID_OPTIONS_HPP

#include <cstddef>
#include <string>
#include <vector>

extern "C" {
#include "base/error.h"
}

namespace options
{

/* The one host model that has parallel tasks. */
constexpr const char *host_model = "ptask_L07";

/* Returns 0, or -1 with err when one is not an option of SimGrid. */
int check(size_t count, const char *const *options, struct error *err);

/* An argument vector for SimGrid, ended by NULL; it stays valid. Ours come first: what the user
 * sets stands. */
std::vector<char *> arguments(size_t count, const char *const *options);

/* Whether one of them has SimGrid print help and leave. */
bool want_help(size_t count, const char *const *options);

/* The option when there is but one to blame. */
std::string blamed(size_t count, const char *const *options);

} // namespace options

#endif
