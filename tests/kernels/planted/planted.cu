// A tiny kernel whose bugs can be switched on, to show that the detectors detect: each thread adds up all n values, tile
// by tile through shared memory, and then the value at its address if that lies inside.
#define TILE 64  // also the threads of a block

enum Bug {
    NONE,
    READ_PAST_END,       // the last tile is read whole; what lies behind the array is not used
    SHARED_INDEX,        // tile[64] of 64
    SHARED_POINTER,      // the same through a pointer, which has lost the length
    NO_STORE_BARRIER,    // a thread reads what others have not yet stored
    NO_REUSE_BARRIER,    // a thread stores over what others have not yet read
    DIVERGENT_BARRIER,   // only the first 40 threads come to the barrier
    UNWRITTEN_ADDED,     // shared memory that nobody wrote joins the sum; as the zero it often is, it would not show
    UNWRITTEN_SHARED,    // a branch on such memory; both ways give the same result
    UNGUARDED_ADDRESS,   // any float is cast to an index
};

extern "C" __global__ void planted(const float* values, const float* addresses, long long n, int bug, float* out) {
    __shared__ float tile[TILE];
    __shared__ float unwritten[TILE];
    const int t = threadIdx.x;
    float total = 0;
    for (long long first = 0; first < n; first += TILE) {
        const int size = n - first < TILE ? int(n - first) : TILE;
        if (t < size || bug == READ_PAST_END) tile[t] = values[first + t];
        if (bug == DIVERGENT_BARRIER) {
            if (t < 40) __syncthreads();
        } else if (bug != NO_STORE_BARRIER) {
            __syncthreads();
        }
        for (int k = 0; k < size; ++k) total += tile[(t + k) % size];
        if (bug == SHARED_INDEX && tile[size] > 0) total += 0;
        const float* pointer = tile;
        if (bug == SHARED_POINTER && pointer[size] > 0) total += 0;
        if (bug == UNWRITTEN_ADDED) total += unwritten[t];
        if (bug == UNWRITTEN_SHARED && unwritten[t] > 0) total += 0;
        if (bug != NO_REUSE_BARRIER) __syncthreads();
    }
    const long long i = (long long)blockIdx.x * TILE + t;
    if (i >= n) return;
    const float address = addresses[i];
    if ((address >= 0 && address < n) || bug == UNGUARDED_ADDRESS) total += values[(long long)address];
    out[i] = total;
}
