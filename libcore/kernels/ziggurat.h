/*
 * Tables of ziggurats, shared by all ISAs (C. McFarland, "A modified ziggurat algorithm for generating exponentially and
 * normally distributed pseudorandom numbers", Journal of Statistical Computation and Simulation 86, 2016).
 *
 * Layers of one area each, 1/1024 of all, are stacked within the density f: layer i is the box of width x[i] between the
 * heights f (x[i - 1]) (0 below the first) and f (x[i]). A point of a layer needs no comparison with the curve. Where no
 * further layer fits, 1021 (exponential: 1020) are in. What is left of the area are the regions 0, the tail beyond x[0]; i,
 * the part of the box from (x[i], f (x[i - 1])) to (x[i - 1], f (x[i])) below the curve; and at last the cap above all
 * layers. These are chosen by an alias table (A. J. Walker, "An efficient method for generating discrete random variables
 * with general distributions", ACM TOMS 3, 1977).
 */
#ifndef DGEN_ZIGGURAT_H
#define DGEN_ZIGGURAT_H

#include <stdint.h>

enum { DGEN_ZIGGURAT_ROWS = 1024, DGEN_ZIGGURAT_NORMAL_LAYERS = 1021, DGEN_ZIGGURAT_EXPONENTIAL_LAYERS = 1020 };

typedef struct dgen_ziggurat {
    double x[DGEN_ZIGGURAT_ROWS];       /* beyond the layers: negative */
    uint64_t alias[DGEN_ZIGGURAT_ROWS]; /* 54 bits: the share of the region itself; 10 bits: whose the rest is */
} dgen_ziggurat;

extern const dgen_ziggurat dgen__ziggurat_normal, dgen__ziggurat_exponential;

#endif
