#include "system/job_queue.h"

static bool comes_before(const struct job *a, const struct job *b)
{
    return a->eligible_time < b->eligible_time ||
           (a->eligible_time <= b->eligible_time && a->request->id < b->request->id);
}

/* The last job that comes before it, or NULL: looked for from both ends, since new jobs come last
 * and those that were requeued are among the oldest. */
static struct job *find_previous(const struct job_queue *queue, const struct job *job)
{
    struct job *last = queue->last, *next = queue->first;
    while (last && comes_before(job, last)) {
        if (comes_before(job, next))
            return next->previous;
        next = next->next;
        last = last->previous;
    }
    return last;
}

void job_queue_insert(struct job_queue *queue, struct job *job)
{
    struct job *before = find_previous(queue, job);
    job->previous = before;
    job->next = before ? before->next : queue->first;
    *(before ? &before->next : &queue->first) = job;
    *(job->next ? &job->next->previous : &queue->last) = job;
    queue->count++;
}

void job_queue_append(struct job_queue *queue, struct job *job)
{
    job->next = NULL;
    job->previous = queue->last;
    if (queue->last)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
    queue->count++;
}

void job_queue_remove(struct job_queue *queue, struct job *job)
{
    *(job->previous ? &job->previous->next : &queue->first) = job->next;
    *(job->next ? &job->next->previous : &queue->last) = job->previous;
    job->previous = job->next = NULL;
    queue->count--;
}
