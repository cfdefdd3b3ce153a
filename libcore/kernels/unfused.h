/* Products are rounded before they are added, whatever the compiler's default is: the same bits with and without FMA.
   For builds that may not pass -ffp-contract=off, such as R's. */
#ifdef __clang__
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif
