## -*- texinfo -*-
## @deftypefn {} {@var{info} =} dgen_system_info ()
## Tell what dgen found on this machine and what it uses of it.
##
## The struct @var{info} has
##
## @table @code
## @item version, format
## of the library, and of the stream of bytes
## @item isa, isas, aes
## the instruction set in use (the environment's DGEN_ISA forces another), all
## that are usable here, and the form of AES
## @item threads, threads_why
## how many threads a call may use, and where the number comes from
## @item cores, logical_cpus, nodes
## of the machine
## @item huge_pages
## the kernel's mode
## @item pool_bytes, pool_cap
## idle memory kept for reuse, and its limit
## @end table
##
## @example
## dgen_system_info ().threads
## @end example
## @seealso{dgen_threads, dgen_pool_cap}
## @end deftypefn

function info = dgen_system_info (varargin)
  info = __dgen__ ("system_info", varargin{:});
endfunction

%!test
%! info = dgen_system_info ();
%! assert (info.version, dgen_version ());
%! assert (info.threads, dgen_threads ());
%! assert (info.pool_cap, dgen_pool_cap ());
%! assert (iscellstr (info.isas) && any (strcmp (info.isa, info.isas)));
%! assert (info.logical_cpus >= info.cores && info.cores >= 1);
%! assert (ischar (info.threads_why) && ischar (info.aes) && ischar (info.huge_pages));
%! assert (isfield (info, {"format", "nodes", "pool_bytes"}));

%!error <Invalid call to dgen_system_info> dgen_system_info (1)
