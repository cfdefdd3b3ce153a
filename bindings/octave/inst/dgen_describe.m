## -*- texinfo -*-
## @deftypefn  {} {@var{report} =} dgen_describe (@var{x})
## @deftypefnx {} {@var{report} =} dgen_describe (@var{x}, "block_size", @var{b})
## Tell what the bytes of @var{x} are like.
##
## @var{x} is any real, full array: its memory is taken as it lies.  The
## struct @var{report} has its @code{size} in bytes, the number of
## @code{blocks} of @var{b} bytes (64 to 16 MiB; default 4096), how many of
## them differ from all others before them (@code{unique_blocks}) and how many
## are zero throughout (@code{zero_blocks}), the @code{entropy} in bits a byte
## and the ratio by which an LZ4-like compressor shrinks each block alone:
## over all, the worst and the best.
##
## @example
## @group
## x = dgen_generate (2^20, "compress_ratio", 2, "dedup_ratio", 4);
## dgen_describe (x, "block_size", 65536).unique_blocks
##   @result{} 4
## @end group
## @end example
## @seealso{dgen_generate, dgen_verify}
## @end deftypefn

function report = dgen_describe (varargin)
  report = __dgen__ ("describe", varargin{:});
endfunction

%!test # counted by hand
%! x = uint8 (mod (floor ((0:4096*10-1)' / 4096), 4));
%! r = dgen_describe (x);
%! assert ([r.size, r.blocks, r.unique_blocks, r.zero_blocks], [40960, 10, 4, 3]);
%! assert (r.entropy, -sum ([3 3 2 2]/10 .* log2 ([3 3 2 2]/10)), 1e-12);

%!test # what was asked of the generator
%! x = dgen_generate (2^22, "seed", 1, "dedup_ratio", 8, "compress_ratio", 2, "codec", "lz4");
%! r = dgen_describe (x, "block_size", 65536);
%! assert ([r.blocks, r.unique_blocks, r.zero_blocks], [64, 8, 0]);
%! assert (r.lz_ratio > 1.9 && r.lz_ratio < 2.2);

%!test # random bytes, the last block partial
%! r = dgen_describe (dgen_generate (1e6, "seed", 1), "block_size", 1000);
%! assert ([r.blocks, r.unique_blocks], [1000, 1000]);
%! assert (r.entropy > 7.999);
%! assert (dgen_describe (uint8 (1:100), "block_size", 64).blocks, 2);

%!error <x must be a real, full array> dgen_describe ()
%!error <x must be a real, full array> dgen_describe ({})
%!error <block_size must be> dgen_describe (uint8 (1:5), "block_size", 3)
%!error <"seed" is not an option; the options are block_size> dgen_describe (uint8 (1:5), "seed", 3)
