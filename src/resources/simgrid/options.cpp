#include "resources/simgrid/options.hpp"

#include <algorithm>
#include <cstring>

namespace options
{

int check(size_t count, const char *const *options, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (std::strncmp(options[i], "--cfg=", 6) != 0 &&
            std::strncmp(options[i], "--log=", 6) != 0)
            return error_set(
                err, ERROR_INPUT,
                "%s: not an option of SimGrid; those begin with --cfg= or --log=", options[i]);
    return 0;
}

std::vector<char *> arguments(size_t count, const char *const *options)
{
    static std::vector<std::string> texts = {
        "elastisim",
        "--log=no_loc",              /* no source places and no stack traces of SimGrid's */
        "--log=root.thresh:warning", /* notices are for those who ask */
        "--log=elastisim.fmt:%m%n",  /* our messages carry the time, which SimGrid's clock lags */
        "--cfg=debug/clean-atexit:no",
        std::string("--cfg=host/model:") + host_model,
    };
    texts.insert(texts.end(), options, options + count);
    std::vector<char *> arguments;
    for (std::string &text : texts)
        arguments.push_back(&text[0]);
    arguments.push_back(nullptr);
    return arguments;
}

bool want_help(size_t count, const char *const *options)
{
    return std::any_of(
        options, options + count,
        [](const char *option) { return std::strstr(option, ":help") != nullptr; });
}

std::string blamed(size_t count, const char *const *options)
{
    return count == 1 ? options[0] : "--cfg and --log";
}

} // namespace options
