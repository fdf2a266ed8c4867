/* SimGrid's log, with a category of ours. */
#include <xbt/log.h>

extern "C" {
#include "resources/log.h"
}

XBT_LOG_NEW_CATEGORY(elastisim, "What jobs do");

bool log_info_enabled(void)
{
    return XBT_LOG_ISENABLED(root, xbt_log_priority_info);
}

bool log_jobs_enabled(void)
{
    return XBT_LOG_ISENABLED(elastisim, xbt_log_priority_info);
}

void log_job(const char *message)
{
    XBT_CINFO(elastisim, "%s", message);
}
