// The scalar maths of regions of interest (RoIs) along one axis, for every kernel; as scalar.cuh.
#pragma once

#include "scalar.cuh"

namespace refdet {

// conventions.FARTHEST_CELL
const long long FARTHEST_CELL = 1LL << 30;

// Which image a RoI names, or -1: a cast of NaN or of a number out of range is undefined.
template <typename real>
REFDET_HD long long image_of(const real* roi, long long images) {
    return roi[0] >= real(0) && roi[0] < real(images) ? (long long)roi[0] : -1;
}

// conventions.saturated
template <typename real>
REFDET_HD long long saturated(real whole) {
    if (whole != whole) return 0;
    if (whole >= real(FARTHEST_CELL)) return FARTHEST_CELL;
    if (whole <= -real(FARTHEST_CELL)) return -FARTHEST_CELL;
    return (long long)whole;
}

// conventions.Roi.edges, in its order.
enum Edges { INTEGER = 0, FLOAT = 1, CONTINUOUS = 2 };

// Roi.span: whole cells, or, where edges are continuous, `begin` and `length`.
template <typename real>
struct Span {
    long long first, size;
    real begin, length;
};

template <typename real>
REFDET_HD Span<real> span(real first, real last, real scale, int edges) {
    Span<real> s = {0, 0, 0, 0};
    if (edges == CONTINUOUS) {
        s.begin = first * scale;
        s.length = (last + real(1)) * scale - s.begin;
    } else {
        s.first = saturated(round(first * scale));
        s.size = larger(saturated(round(last * scale)) - s.first + 1, 1LL);
    }
    return s;
}

struct Bin {
    long long begin, end;
};

// Roi.bins: bin p of `count` over the span, clipped to [0, limit].
template <typename real>
REFDET_HD Bin bin(long long p, Span<real> s, long long count, long long limit, int edges) {
    Bin b;
    if (edges == INTEGER) {
        b.begin = s.first + p * s.size / count;
        b.end = s.first + ((p + 1) * s.size + count - 1) / count;
    } else if (edges == FLOAT) {
        const real step = real(s.size) / real(count);
        b.begin = s.first + (long long)floor(real(p) * step);
        b.end = s.first + (long long)ceil(real(p + 1) * step);
    } else {
        const real step = s.length / real(count);
        b.begin = saturated(floor(real(p) * step + s.begin));
        b.end = s.length > real(0) ? saturated(ceil(real(p + 1) * step + s.begin)) : b.begin;
    }
    b.begin = smaller(larger(b.begin, 0LL), limit);
    b.end = smaller(larger(b.end, 0LL), limit);
    return b;
}

// How RoI align lays its points; `ratio` 0 is adaptive. Roi.aligned, .sampling_ratio and .most_samples.
struct Sampling {
    int aligned;
    long long ratio, most;
};

// A RoI along one axis: where it begins, how long each bin is, how many points a bin has.
template <typename real>
struct Side {
    real begin, bin;
    long long points;
};

// roi_align._project, and Roi.samples.
template <typename real>
REFDET_HD Side<real> project(real first, real last, real scale, long long bins, Sampling rule) {
    const real offset = rule.aligned ? real(0.5) : real(0);
    Side<real> side;
    side.begin = first * scale - offset;
    const real size = last * scale - offset - side.begin;
    side.bin = (rule.aligned ? size : larger(size, real(1))) / real(bins);
    if (rule.ratio > 0) side.points = rule.ratio;
    else if (!(side.bin > real(0))) side.points = 0;
    else side.points = side.bin >= real(rule.most) ? rule.most : (long long)ceil(side.bin);
    return side;
}

// roi_align._lay: the place of point i of bin p.
template <typename real>
REFDET_HD real place(Side<real> side, long long p, long long i) {
    return side.begin + real(p) * side.bin + (real(i) + real(0.5)) * side.bin / real(side.points);
}

// The cell before a place and the one behind it, and the weight of each.
template <typename real>
struct Tap {
    long long before, behind;
    real near, past;
};

// roi_align._on_map and _beside: false if the place lies off the map.
template <typename real>
REFDET_HD bool beside(real place, long long cells, Tap<real>* tap) {
    if (cells <= 0 || !(place >= real(-1) && place <= real(cells))) return false;
    place = larger(place, real(0));
    tap->before = smaller((long long)place, cells - 1);
    tap->behind = smaller(tap->before + 1, cells - 1);
    tap->past = tap->before < tap->behind ? place - real(tap->before) : real(0);
    tap->near = real(1) - tap->past;
    return true;
}

}  // namespace refdet
