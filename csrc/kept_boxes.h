// The boxes that suppression has kept so far, hashed by size and place: who may suppress a box is found in a few cells.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "kernels.h"
#include "size_grid.h"

namespace refdet {

// Whether a box goes is decided by `iou` and `suppresses` of scalar.cuh alone; the hash leaves out boxes that cannot
// suppress it (size_grid.h). Where that argument does not hold, a box is LOOSE: it is compared with all, and all with it.
// An IDLE box, without area or with one that is not a finite number, has with every other one the overlap 0 or NaN.
template <typename real>
class KeptBoxes {
   public:
    KeptBoxes(OverlapRule overlap, SuppressionRule rule) : overlap(overlap), rule(rule), heads(1024, NONE) {}

    // What a look-up costs, in overlaps of a scan (iou_row.h), as measured; infinite where the levels are too many.
    static double price(double threshold) {
        if (threshold < LEAST_THRESHOLD) return std::numeric_limits<double>::infinity();
        CellRange span[MOST_LEVELS];
        Index cells = 0;
        for (int i = cell_ranges(0, 1.4, threshold, span); i-- > 0;) cells += 1 + span[i].last - span[i].first;
        return 100.0 * double(cells);
    }

    bool suppress(const real* box, real area) const {
        const double w = side(box, 0), h = side(box, 1);
        const Kind kind = kind_of(w, h, area);
        if (kind == IDLE) return false;
        if (kind == LOOSE) {
            return std::any_of(kept.begin(), kept.end(), [&](const Kept& k) { return goes(k, box, area); });
        }
        // Most often the one that suppresses it lies in its own cell.
        if (any(heads[bucket_of(box, w, h)], box, area)) return true;
        CellRange across[MOST_LEVELS], down[MOST_LEVELS];
        const int columns = cell_ranges(box[0], w, rule.threshold, across);
        const int rows = cell_ranges(box[1], h, rule.threshold, down);
        for (int i = 0; i < columns; ++i) {
            for (int j = 0; j < rows; ++j) {
                if (inhabited(across[i].level, down[j].level) && any_in(across[i], down[j], box, area)) return true;
            }
        }
        return any(loose, box, area);
    }

    void add(const real* box, real area) {
        if (kind_of(side(box, 0), side(box, 1), area) == IDLE) return;
        kept.push_back({{box[0], box[1], box[2], box[3]}, area, NONE});
        if (BUCKETS_PER_BOX * kept.size() <= heads.size()) return link(kept.size() - 1);
        heads.assign(2 * heads.size(), NONE);
        loose = NONE;
        for (std::size_t k = 0; k < kept.size(); ++k) link(k);
    }

   private:
    using Place = std::int32_t;
    static constexpr Place NONE = -1;
    static constexpr std::size_t BUCKETS_PER_BOX = 8;
    enum Kind { IDLE, LOOSE, HASHED };
    struct Kept {
        real corners[4], area;
        Place next;  // of the same bucket
    };

    double side(const real* box, int axis) const { return box[2 + axis] - box[axis] + real(overlap.plus_one); }

    Kind kind_of(double w, double h, real area) const {
        using Limits = std::numeric_limits<real>;
        if (overlap.division != DISTANCE && !(w > 0 && h > 0 && area <= Limits::max())) return IDLE;
        const double least = std::min(w, h), most = std::max(w, h);
        if (!(least >= overlap.plus_one)) return LOOSE;
        if (!(least > 1e-270 && most < 1e270 && area > Limits::min() * real(1e6))) return LOOSE;
        return overlap.division == DISTANCE && !(area > real(1e-15)) ? LOOSE : HASHED;  // "the same" (Overlap.ratio)
    }

    // Neighbours along x are neighbours in memory.
    std::size_t bucket(int across, int down, Index x, Index y) const {
        const std::uint64_t level = std::uint64_t(across * 4096 + down);
        std::uint64_t row = std::uint64_t(y) * 0x9E3779B97F4A7C15u + level * 0xC2B2AE3D27D4EB4Fu;
        row = (row ^ row >> 32) * 0xD6E8FEB86659FD93u;
        return ((row >> 32) + std::uint64_t(x)) & (heads.size() - 1);
    }

    std::size_t bucket_of(const real* box, double w, double h) const {
        const int across = level_of(w), down = level_of(h);
        return bucket(across, down, cell_of(box[0], across), cell_of(box[1], down));
    }

    // False only of a level without boxes.
    bool inhabited(int across, int down) const { return levels[across & 63] >> (down & 63) & 1; }

    bool any_in(const CellRange& across, const CellRange& down, const real* box, real area) const {
        for (Index y = down.first; y <= down.last; ++y) {
            for (Index x = across.first; x <= across.last; ++x) {
                if (any(heads[bucket(across.level, down.level, x, y)], box, area)) return true;
            }
        }
        return false;
    }

    bool any(Place k, const real* box, real area) const {
        while (k != NONE && !goes(kept[k], box, area)) k = kept[k].next;
        return k != NONE;
    }

    bool goes(const Kept& k, const real* box, real area) const {
        return suppresses(iou(k.corners, k.area, box, area, overlap), rule.threshold, rule.inclusive);
    }

    void link(std::size_t k) {
        const real* box = kept[k].corners;
        const double w = side(box, 0), h = side(box, 1);
        Place* head = &loose;
        if (kind_of(w, h, kept[k].area) == HASHED) {
            levels[level_of(w) & 63] |= std::uint64_t(1) << (level_of(h) & 63);
            head = &heads[bucket_of(box, w, h)];
        }
        kept[k].next = *head;
        *head = Place(k);
    }

    const OverlapRule overlap;
    const SuppressionRule rule;
    std::vector<Kept> kept;
    std::vector<Place> heads;  // of each bucket; a power of two
    Place loose = NONE;
    std::uint64_t levels[64] = {};
};

}  // namespace refdet
