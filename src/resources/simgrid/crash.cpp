/* Promise: the handler uses nothing but the stack that the guard gave it and what was prepared
 * before. */
#include "resources/simgrid/crash.hpp"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <unistd.h>

extern "C" {
#include "base/error.h"
#include "resources/simgrid/capture.h"
}

namespace crash
{

namespace
{

const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
constexpr size_t num_signals = sizeof signals / sizeof *signals;
struct sigaction former_actions[num_signals];
std::string place;      /* "elastisim: error: FILE" */
const int *parser_line; /* NULL when SimGrid does not tell */

void say(const char *text)
{
    if (write(capture_real_stderr(), text, std::strlen(text)) < 0)
        _exit(ERROR_INPUT);
}

extern "C" void tell_crash(int)
{
    char line[32] = "";
    if (parser_line && *parser_line > 0)
        std::snprintf(line, sizeof line, ":%d", *parser_line);
    say(place.c_str());
    say(line);
    say(": SimGrid crashes on this platform while it reads what ends here; look for a zone, a "
        "gateway, a host or a link that is not where the file says\n");
    _exit(ERROR_INPUT);
}

/* The name depends on the version. */
const int *find_parser_line()
{
    for (const char *name : {"surf_parse_lineno", "simgrid_parse_lineno"})
        if (void *line = dlsym(RTLD_DEFAULT, name))
            return static_cast<const int *>(line);
    return nullptr;
}

} // namespace

void watch(const std::string &file)
{
    struct sigaction action = {};
    place = "elastisim: error: ";
    place += file;
    parser_line = find_parser_line();
    action.sa_handler = tell_crash;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < num_signals; i++)
        sigaction(signals[i], &action, &former_actions[i]);
}

void unwatch()
{
    for (size_t i = 0; i < num_signals; i++)
        sigaction(signals[i], &former_actions[i], nullptr);
}

} // namespace crash
