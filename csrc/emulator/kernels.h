// Every kernel in the precision real_t: the .cu files as they are, included twice by module.cpp. All their names have C
// linkage, so that KERNEL(name) must make those of one precision distinct from those of the other.
#define box_iou KERNEL(box_iou)
#define diou_nms_plain KERNEL(diou_nms_plain)
#define diou_nms_mask KERNEL(diou_nms_mask)
#define overlaps KERNEL(overlaps)
#define nms_shift KERNEL(nms_shift)
#define nms_plain KERNEL(nms_plain)
#define nms_mask KERNEL(nms_mask)
#define nms_reduce KERNEL(nms_reduce)
#define roi_pool KERNEL(roi_pool)
#define roi_pool_backward KERNEL(roi_pool_backward)
#define roi_align KERNEL(roi_align)
#define roi_align_backward KERNEL(roi_align_backward)
#define soft_nms_float KERNEL(soft_nms_float)
#define soft_nms_double KERNEL(soft_nms_double)

#include "box_iou.cu"
#include "diou_nms.cu"
#include "nms.cu"
#include "overlaps.cu"
#include "roi_align.cu"
#include "roi_pool.cu"
#include "soft_nms.cu"

#define ENTRY(name) {#name, refdet_emulator::launcher(name)}

static const refdet_emulator::Entry kernels[] = {
    ENTRY(box_iou),    ENTRY(nms_plain),      ENTRY(nms_mask),
    ENTRY(nms_reduce), ENTRY(roi_pool),       ENTRY(roi_pool_backward),
    ENTRY(overlaps),   ENTRY(diou_nms_plain), ENTRY(diou_nms_mask),
    ENTRY(roi_align),  ENTRY(roi_align_backward),
    ENTRY(soft_nms_float), ENTRY(soft_nms_double),
    ENTRY(nms_shift),
};
