// Every kernel in the precision real_t: the .cu files as they are, included twice by module.cpp. All their names have C
// linkage, so that KERNEL(name) must make those of one precision distinct from those of the other.
#define box_iou KERNEL(box_iou)
#define nms_shift KERNEL(nms_shift)
#define nms_plain KERNEL(nms_plain)
#define nms_mask KERNEL(nms_mask)
#define nms_reduce KERNEL(nms_reduce)
#define roi_pool KERNEL(roi_pool)
#define roi_pool_backward KERNEL(roi_pool_backward)

#include "box_iou.cu"
#include "nms.cu"
#include "roi_pool.cu"

#define ENTRY(name) {#name, refdet_emulator::launcher(name)}

static const std::map<std::string, refdet_emulator::Launch> kernels = {
    ENTRY(box_iou),  ENTRY(nms_shift),  ENTRY(nms_plain),
    ENTRY(nms_mask), ENTRY(nms_reduce), ENTRY(roi_pool),
    ENTRY(roi_pool_backward),
};
