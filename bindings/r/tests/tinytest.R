# R CMD check's way to the tests in inst/tinytest.
if (requireNamespace("tinytest", quietly = TRUE)) tinytest::test_package("dgen")
