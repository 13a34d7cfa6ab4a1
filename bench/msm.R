# Seconds that R's msm needs for the fit of bench_engine: Rscript bench/msm.R KIND FILE
# Same data, same start, one thread; prints seconds and -2 log likelihood.
suppressMessages(library(msm))
args <- commandArgs(trailingOnly = TRUE)
hidden <- startsWith(args[1], "hidden")
began <- proc.time()[["elapsed"]]
d <- read.csv(args[2])
Q <- 1.5 * rbind(c(0, 0.010, 0, 0.001), c(0.004, 0, 0.008, 0.002), c(0, 0.003, 0, 0.006), c(0, 0, 0, 0))
loaded <- proc.time()[["elapsed"]]
m <- if (hidden) {
    msm(y ~ time, subject = id, data = d, qmatrix = Q, deathexact = 4,
        hmodel = list(hmmNorm(0.3, 1.5), hmmNorm(2.3, 1.5), hmmNorm(4.3, 1.5), hmmIdent(99)),
        control = list(fnscale = 10000, maxit = 500))
} else {
    msm(state ~ time, subject = id, data = d, qmatrix = Q, deathexact = 4, covariates = ~x,
        control = list(fnscale = 10000, maxit = 500))
}
ended <- proc.time()[["elapsed"]]
cat(sprintf("%.3f,%.3f,%.6f\n", ended - loaded, ended - began, m$minus2loglik))
