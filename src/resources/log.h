/* What --log asks to be shown on standard error. SimGrid's log writes it, so that its options hold
 * for all messages alike.
 */
#ifndef ELASTISIM_RESOURCES_LOG_H
#define ELASTISIM_RESOURCES_LOG_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether messages of level info are shown (the progress bar then stays away). */
bool log_info_enabled(void);
/* Whether anyone asked for messages about jobs (--log=elastisim.thresh:info), and a message. */
bool log_jobs_enabled(void);
void log_job(const char *message);

#ifdef __cplusplus
}
#endif

#endif
