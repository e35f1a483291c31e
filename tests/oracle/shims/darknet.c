// The box functions of a darknet behind a C interface, for ctypes; built by build_sources.py.
#include <math.h>
#include <stdlib.h>

typedef struct { float x, y, w, h; } box;
typedef struct { float left, right, top, bot; } boxabs;
typedef struct detection {
    box bbox;
    float *prob;
    float objectness;
    int sort_class, index;
} detection;
typedef enum { DEFAULT_NMS, GREEDY_NMS, DIOU_NMS, CORNERS_NMS } NMS_KIND;

#include "cut.inc"

#ifdef ALEXEY_AB
#define OVERLAPS 4
static float (*const overlaps[])(box, box) = {box_iou, box_giou, box_diou, box_ciou};
#else
#define OVERLAPS 1
static float (*const overlaps[])(box, box) = {box_iou};
#endif

// Overlap of each of n boxes (x, y, w, h) with each of m.
void measure(int kind, const box *first, int n, const box *second, int m, float *out) {
    for (int i = 0; i < n * m; ++i) out[i] = overlaps[kind % OVERLAPS](first[i / m], second[i % m]);
}

// kind -1: do_nms_sort; else diounms_sort. Writes the boxes in the order of the last sort; drops those of probability 0.
int suppress(int kind, const box *boxes, float *probs, int n, int classes, float threshold, float beta, int *keep) {
    detection *dets = calloc(n + 1, sizeof(detection));
    int kept = 0;
    for (int i = 0; i < n; ++i) dets[i] = (detection){boxes[i], probs + i * classes, 1, 0, i};
#ifdef ALEXEY_AB
    if (kind >= 0) diounms_sort(dets, n, classes, threshold, (NMS_KIND)kind, beta);
    else
#endif
    do_nms_sort(dets, n, classes, threshold);
    for (int i = 0; i < n; ++i) {
        int alive = 0;
        for (int k = 0; k < classes; ++k) alive |= dets[i].prob[k] > 0;
        if (alive) keep[kept++] = dets[i].index;
    }
    free(dets);
    return kept;
}
