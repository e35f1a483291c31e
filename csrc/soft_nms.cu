// Soft non-maximum suppression; reference: refdet/ops/soft_nms.py.
//
// One block does it all, since every pick waits for the decays of the one before; its threads share the boxes.
#include "scalar.cuh"

#define MOST_THREADS 256
#define OUT -1  // in place of a box that was picked or dropped, and of a place where none is left

// What the threads of the block share: the best of the places that each has looked at, and where the queue ends.
template <typename score>
struct Shared {
    score best[MOST_THREADS];
    long long place[MOST_THREADS];
    long long end;
};

// True if the score `a` at place `at_a` is picked before `b`; `front` is the first place of the queue.
template <typename score>
static __device__ bool first(score a, long long at_a, score b, long long at_b, long long front, refdet::SoftRule rule) {
    if (at_a == OUT || at_b == OUT) return at_b == OUT;
    const bool a_wins = !rule.swaps || at_a == front, b_wins = !rule.swaps || at_b == front;
    if (refdet::better(a, a_wins, b, b_wins)) return true;
    return !refdet::better(b, b_wins, a, a_wins) && (at_a > at_b) == (rule.ties_last != 0);
}

template <typename score>
static __device__ void suppress(const real_t* boxes, long long n, refdet::OverlapRule overlap, refdet::SoftRule rule,
                                score* scores, long long* queue, long long* keep, long long* kept, Shared<score>* all) {
    const score sigma = score(rule.sigma), least = score(rule.score_threshold);
    const int thread = threadIdx.x, threads = blockDim.x;
    long long count = 0, begin = 0;  // boxes kept; places before `begin` are done with
    // step: queue
    if (thread == 0) all->end = n;
    for (long long at = thread; at < n; at += threads) queue[at] = rule.swaps || !(scores[at] < least) ? at : OUT;
    __syncthreads();
    for (;;) {
        // step: pick
        // Each thread finds the best of its places, then half of them at a time take the better one of two.
        all->best[thread] = score(0), all->place[thread] = OUT;
        for (long long at = begin + thread; at < all->end; at += threads) {
            if (queue[at] == OUT) continue;
            const score here = scores[queue[at]];
            if (!first(here, at, all->best[thread], all->place[thread], begin, rule)) continue;
            all->best[thread] = here;
            all->place[thread] = at;
        }
        __syncthreads();
        for (int half = MOST_THREADS / 2; half > 0; half /= 2) {
            const int other = thread + half;
            if (thread < half && other < threads &&
                first(all->best[other], all->place[other], all->best[thread], all->place[thread], begin, rule)) {
                all->best[thread] = all->best[other];
                all->place[thread] = all->place[other];
            }
            __syncthreads();
        }
        const long long place = all->place[0];
        if (place == OUT) break;
        const long long i = queue[place];
        __syncthreads();  // all have read the queue
        if (thread == 0) {
            keep[count] = i;
            queue[place] = rule.swaps ? queue[begin] : OUT;
        }
        ++count;
        if (rule.swaps) ++begin;
        __syncthreads();
        // step: decay
        const real_t* best = boxes + 4 * i;
        const real_t area = refdet::area(best, overlap);
        for (long long at = begin + thread; at < all->end; at += threads) {
            const long long j = queue[at];
            if (j == OUT) continue;
            const real_t* box = boxes + 4 * j;
            const real_t shared = refdet::iou(best, area, box, refdet::area(box, overlap), overlap);
            const bool over = refdet::suppresses(shared, rule.threshold, rule.inclusive);
            scores[j] = refdet::decayed(scores[j], score(shared), over, rule.gaussian, sigma);
            // step: drop
            if (!rule.swaps && scores[j] < least) queue[at] = OUT;
        }
        __syncthreads();
        // Where the last box in the queue takes the place of a dropped one, the order decides: one thread walks.
        for (long long at = begin; rule.swaps && thread == 0 && at < all->end;) {
            if (scores[queue[at]] < least) {
                queue[at] = queue[--all->end];
            } else {
                ++at;
            }
        }
        __syncthreads();
    }
    if (thread == 0) kept[0] = count;
}

// Launch: one block of at most MOST_THREADS. The scores are lowered in place; queue has room for n boxes; keep receives
// the kept boxes in the order of picking, kept[0] their number.
extern "C" __global__ void soft_nms_float(
    const real_t* boxes, long long n, int plus_one, int inverted, int division, double union_eps, int inclusive,
    double threshold, int ties_last, int swaps, int gaussian, double sigma, double score_threshold, float* scores,
    long long* queue, long long* keep, long long* kept) {
    __shared__ Shared<float> all;
    const refdet::OverlapRule overlap = {plus_one, inverted, division, union_eps};
    const refdet::SoftRule rule = {threshold, inclusive, ties_last, swaps, gaussian, sigma, score_threshold};
    suppress(boxes, n, overlap, rule, scores, queue, keep, kept, &all);
}

extern "C" __global__ void soft_nms_double(
    const real_t* boxes, long long n, int plus_one, int inverted, int division, double union_eps, int inclusive,
    double threshold, int ties_last, int swaps, int gaussian, double sigma, double score_threshold, double* scores,
    long long* queue, long long* keep, long long* kept) {
    __shared__ Shared<double> all;
    const refdet::OverlapRule overlap = {plus_one, inverted, division, union_eps};
    const refdet::SoftRule rule = {threshold, inclusive, ties_last, swaps, gaussian, sigma, score_threshold};
    suppress(boxes, n, overlap, rule, scores, queue, keep, kept, &all);
}
