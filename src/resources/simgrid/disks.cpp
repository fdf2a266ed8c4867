/* I/Os on the disks of hosts. */
#include "resources/simgrid/disks.hpp"

#include "resources/simgrid/parts.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace
{

void touch_disk(l07 *model, uint32_t index)
{
    if (!model->disks[index].touched)
        model->touched_disks.push_back(index);
    model->disks[index].touched = true;
}

void end_disk_ios(l07 *model, uint32_t index, double time)
{
    struct disk_io *next;
    for (struct disk_io *io = disk_take_ended(&model->disks[index].disk, time); io; io = next) {
        next = io->next;
        part_ended(static_cast<l07_io *>(io->owner));
    }
    touch_disk(model, index);
}

} // namespace

/* Works out when I/Os end next on disks where something has changed. */
double next_disk_end(l07 *model)
{
    for (uint32_t index : model->touched_disks) {
        l07_disk &disk = model->disks[index];
        model->disk_ends.erase({disk.end, index});
        disk.end = disk_next_end(&disk.disk);
        if (!std::isinf(disk.end))
            model->disk_ends.insert({disk.end, index});
        disk.touched = false;
    }
    model->touched_disks.clear();
    return model->disk_ends.empty() ? INFINITY : model->disk_ends.begin()->first;
}

void end_due_disk_ios(l07 *model)
{
    double latest = disk_same_instant(model->now);
    while (next_disk_end(model) <= latest) {
        auto [end, index] = *model->disk_ends.begin();
        observe(model, model->now);
        end_disk_ios(model, index, std::max(end, model->now));
    }
}

bool start_disk_io(load_group *group, uint32_t member, uint32_t index, double bytes, uint32_t count)
{
    l07 *model = group->model;
    l07_disk &disk = model->disks[index];
    bool write = group->kind == LOAD_DISK_WRITE || group->kind == LOAD_STRIPED_WRITE;
    if (!(bytes > 0))
        return false;
    if (!disk.exists)
        throw std::logic_error("host '" + std::string(topology_host_name(model->topology, index)) +
                               "' has no disk");
    group->disk_ios.push_back({{group, member, true}, index, {}});
    l07_io *part = &group->disk_ios.back();
    part->io.owner = part;
    model->num_running++;
    disk_start(&disk.disk, &part->io, write, bytes * count, count, model->now);
    touch_disk(model, index);
    return true;
}

void pause_disk_io(l07 *model, l07_io *part)
{
    model->num_running--;
    disk_cancel(&model->disks[part->host].disk, &part->io, model->now);
    touch_disk(model, part->host);
}

void go_on_disk_io(l07 *model, l07_io *part)
{
    struct disk_io *io = &part->io;
    model->num_running++;
    disk_start(&model->disks[part->host].disk, io, io->is_write, io->left, io->weight, model->now);
    touch_disk(model, part->host);
}

void cancel_disk_io(l07 *model, l07_io *part)
{
    part->running = false;
    if (!part->group->paused)
        pause_disk_io(model, part);
}
