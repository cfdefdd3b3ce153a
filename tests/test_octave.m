## The tests of the Octave package: octave-cli --no-history -qf tests/test_octave.m, with the package on OCTAVE_PATH.
## First the %! blocks that stand beside each function, then tests/octave, a topic a file. The last line is the count.

1;

here = fileparts (mfilename ("fullpath"));
addpath (fullfile (here, "octave"));

for topic = {@test_functions, @test_bytes, @test_operations, @test_random, @test_quantization, @test_errors, @test_memory, @test_processes}
  topic{1} (here);
endfor

counts = that ();
printf ("%d passed, %d failed\n", counts);
exit (counts(2) > 0);
