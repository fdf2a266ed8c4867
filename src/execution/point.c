/* Promise: what a job's type does not react to is no point. */
#include "execution/point.h"

bool point_has_request(const struct execution *execution, const struct block *phase)
{
    enum job_type type = execution->job->request->type;
    return (type == JOB_EVOLVING || type == JOB_ADAPTIVE) &&
           phase->evolving_request.kind != PAYLOAD_NONE;
}

bool point_has_resize(const struct execution *execution, const struct block *phase)
{
    enum job_type type = execution->job->request->type;
    return (type == JOB_MALLEABLE || type == JOB_ADAPTIVE) && phase->scheduling_point;
}

bool point_is_before(const struct execution *execution, const struct block *phase)
{
    return point_has_request(execution, phase) || point_has_resize(execution, phase);
}
