/* address (x): where the memory of an array lies, for tests of who shares it. */
#include <mex.h>

void mexFunction(int outputs, mxArray *output[], int inputs, const mxArray *input[])
{
    (void)outputs;
    (void)inputs;
    output[0] = mxCreateDoubleScalar((double)(size_t)mxGetData(input[0]));
}
