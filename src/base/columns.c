#include "base/columns.h"

#include <sys/ioctl.h>
#include <unistd.h>

size_t columns_of_terminal(FILE *stream)
{
    struct winsize size;
    int descriptor = fileno(stream);
    if (!isatty(descriptor) || ioctl(descriptor, TIOCGWINSZ, &size))
        return 0;
    return size.ws_col;
}
