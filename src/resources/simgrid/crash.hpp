/* Some slips in a platform file make SimGrid (3.32 at least) follow pointers to nowhere while it
 * reads the file. Nobody knows what is left of the heap then, so that all that can be done is to
 * say so.
 */
#ifndef ELASTISIM_RESOURCES_SIMGRID_CRASH_HPP
#define ELASTISIM_RESOURCES_SIMGRID_CRASH_HPP

#include <string>

namespace crash
{

/* From now on a crash ends the process with a message that names the file, and the line where
 * SimGrid's parser is, and with the exit status of bad input: nothing may have been begun that
 * would be lost. */
void watch(const std::string &file);
void unwatch();

} // namespace crash

#endif
