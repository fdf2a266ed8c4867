/* No result may overwrite what the run is made of, or another result, however paths are spelled. */
#ifndef ELASTISIM_RESULTS_PROTECTION_H
#define ELASTISIM_RESULTS_PROTECTION_H

#include "base/error.h"
#include "configuration/configuration.h"

struct workload;

/* Before any result is created: none is the configuration, the platform, the jobs file or an
 * application model. Returns 0, or -1 with err (ERROR_INPUT) that names the key and both paths. */
int protection_check_inputs(const struct configuration *configuration,
                            const struct workload *workload, struct error *err);

/* Once they are created: no two results are one file. Returns as protection_check_inputs does. */
int protection_check_outputs(const struct configuration *configuration, struct error *err);

#endif
