# Simulates data, solves them with R's msm, and writes cases: Rscript simulate.R DIRECTORY
# DIRECTORY/cases/NAME.json and DIRECTORY/data/NAME.csv, in the format that tools/parity reads. Fixed seed.
# Where msm 1.7 is known to be wrong nothing is written: paths of hidden models, gradients of the laws with bounds
# or measurement error, subjects with one record.
suppressMessages(library(msm))
out <- commandArgs(trailingOnly = TRUE)[1]
dir.create(file.path(out, "cases"), recursive = TRUE, showWarnings = FALSE)
dir.create(file.path(out, "data"), showWarnings = FALSE)
set.seed(20261127)

number <- function(x) ifelse(is.finite(x), formatC(x, digits = 17, format = "g"), "null")
json <- function(x) {
    if (is.null(x)) return("null")
    if (is.list(x)) {
        parts <- vapply(x, json, "")
        if (!is.null(names(x))) return(paste0("{", paste0('"', names(x), '": ', parts, collapse = ", "), "}"))
        return(paste0("[", paste(parts, collapse = ", "), "]"))
    }
    if (is.matrix(x)) return(paste0("[", paste(apply(x, 1, function(r) json(as.list(unname(r)))), collapse = ", "), "]"))
    if (is.character(x)) x <- paste0('"', gsub('"', '\\\\"', x), '"')
    else if (is.logical(x)) x <- ifelse(is.na(x), "null", ifelse(x, "true", "false"))
    else x <- number(x)
    if (length(x) == 1) x else paste0("[", paste(x, collapse = ", "), "]")
}
rd <- function(name) read.csv(file.path(out, "data", paste0(name, ".csv")), stringsAsFactors = TRUE)
quiet <- function(expr) suppressWarnings(suppressMessages(expr))
attempt <- function(expr) tryCatch(quiet(expr), error = function(e) NULL)

solve_case <- function(name, setup, call, fit = TRUE, gradient = TRUE) {
    env <- new.env(parent = globalenv())
    eval(parse(text = setup), env)
    whole <- parse(text = call)[[1]]
    at_start <- whole
    at_start$fixedpars <- TRUE
    m <- quiet(eval(at_start, env))
    each <- logLik.msm(m, by.subject = TRUE)
    record <- list(name = name, r_setup = setup, r_call = call, msm_version = as.character(packageVersion("msm")),
        initial = list(parameters = list(labels = as.list(m$paramdata$plabs),
                                         value_optimisation_scale = as.list(unname(m$paramdata$params)))),
        minus2loglik_at_init = m$minus2loglik,
        loglik_by_subject_at_init = list(subject = as.list(as.character(unique(m$data$mf$"(subject)"))),
                                         loglik = as.list(unname(each))))
    if (gradient && !is.null(m$paramdata$deriv) && all(is.finite(m$paramdata$deriv))) {
        record$gradient_of_minus2loglik_at_init <- as.list(unname(m$paramdata$deriv))
        record$gradient_source <- "msm analytic"
    }
    if (m$hmodel$hidden) {  # 1.7 has the state probabilities right, the paths not
        v <- attempt(viterbi.msm(m))
        if (!is.null(v)) {
            v <- v[v$subject %in% unique(v$subject)[1:20], ]
            record$viterbi_at_init_first_20_subjects <- list(subject = as.list(as.character(v$subject)), pstate = unname(as.matrix(v$pstate)))
        }
    }
    if (fit) {
        tight <- whole
        tight$control <- list(fnscale = max(1, abs(m$minus2loglik)), reltol = 1e-15, maxit = 10000)
        m <- quiet(eval(tight, env))
        record$minus2loglik_at_mle <- m$minus2loglik
        record$estimates <- list(parameters = list(value_optimisation_scale = as.list(unname(m$paramdata$params)),
                                                   value_natural_scale = as.list(unname(m$estimates.t))),
            qmatrix_at_covariate_means = list(estimate = unclass(qmatrix.msm(m, ci = "none"))))
        if (is.matrix(m$ci)) record$ci <- list(natural_scale = unname(m$ci))
        if (is.null(m$pci)) {
            record$pmatrix <- list(t_1 = unclass(pmatrix.msm(m, t = 1)), t_10 = unclass(pmatrix.msm(m, t = 10)))
            seen <- if (m$cmodel$ncens == 0) attempt(prevalence.msm(m, times = seq(min(m$data$mf$"(time)"), max(m$data$mf$"(time)"), length.out = 4)))
            if (!is.null(seen) && (!m$hmodel$hidden || m$emodel$misc))
                record$prevalence <- list(times = as.list(as.numeric(rownames(seen$Observed))), observed = unname(as.matrix(seen$Observed)), expected = unname(as.matrix(seen$Expected)))
            record$pnext <- attempt(unclass(pnext.msm(m, ci = "none")$estimates))
            record$total_length_of_stay_to_10 <- attempt(as.list(unname(totlos.msm(m, tot = 10))))
            record$prob_passage_by_10 <- attempt(unclass(ppass.msm(m, tot = 10)))
            k <- attempt(efpt.msm(m, tostate = m$qmodel$nstates))
            if (is.numeric(k)) record$expected_first_passage_to_last_state <- as.list(unname(k))
        }
        if (m$emodel$misc) record$estimates$ematrix <- list(estimate = unclass(ematrix.msm(m, ci = "none")))
    }
    writeLines(json(record), file.path(out, "cases", paste0(name, ".json")))
}
keep <- function(name, data) write.csv(data, file.path(out, "data", paste0(name, ".csv")), row.names = FALSE)

# --- three states and death, looked at irregularly -------------------------------------------------------
Q <- rbind(c(0, 0.2, 0, 0.05), c(0.1, 0, 0.25, 0.08), c(0, 0.1, 0, 0.3), c(0, 0, 0, 0))
frame <- data.frame(subject = rep(1:70, each = 6), time = as.vector(apply(matrix(rexp(420, 1), 6), 2, cumsum)))
frame$x <- rep(rnorm(70), each = 6)
frame$g <- rep(sample(c("a", "b", "c"), 70, replace = TRUE), each = 6)
frame$z <- rnorm(420)
diag(Q) <- -rowSums(Q)
p <- simmulti.msm(frame, Q, death = FALSE, covariates = list(x = c(0.3, 0, -0.2, 0.4, 0.1, 0, 0.2)))
p <- p[!duplicated(p[, c("subject", "time")]), ]
p <- do.call(rbind, by(p, p$subject, function(d) {
    dead <- which(d$state == 4)
    if (length(dead) > 1) d[seq_len(dead[1]), ] else d
}))
p <- p[p$subject %in% names(which(table(p$subject) > 1)), c("subject", "time", "x", "g", "z", "state")]
p$cens <- ifelse(p$state %in% 1:2 & runif(nrow(p)) < 0.2, 99, p$state)
p$type <- ifelse(p$state == 4, 3, 1)
p$misc <- ifelse(p$state < 4 & runif(nrow(p)) < 0.1, pmin(3, p$state + 1), p$state)
p$known <- as.numeric(runif(nrow(p)) < 0.2 & p$misc == p$state)
keep("panel", p)
start <- 'p <- rd("panel"); Q <- rbind(c(0,0.2,0,0.05), c(0.1,0,0.25,0.08), c(0,0.1,0,0.3), c(0,0,0,0))'
panel <- function(name, rest, ...) solve_case(name, start, paste0("msm(state ~ time, subject=subject, data=p, qmatrix=Q, ", rest, ")"), ...)
panel("panel_looks", "gen.inits=FALSE")
panel("panel_exact", "deathexact=4")
panel("panel_deathexact_true", "deathexact=TRUE", fit = FALSE)
panel("panel_types", "obstype=type", fit = FALSE)
panel("panel_factor", "deathexact=4, covariates=~g", fit = FALSE)
panel("panel_interaction", "deathexact=4, covariates=~x*g", fit = FALSE)
panel("panel_functions", "deathexact=4, covariates=~I(x^2)+exp(z)", fit = FALSE)
panel("panel_per_transition", 'deathexact=4, covariates=list("1-2"=~x, "2-3"=~x+z)')
panel("panel_constraint", "deathexact=4, covariates=~x+z, constraint=list(x=c(1,1,2,2,3,3,3), z=c(1,-1,2,2,3,3,3))")
panel("panel_uncentred", "deathexact=4, covariates=~x, center=FALSE")
panel("panel_covinits", "deathexact=4, covariates=~x, covinits=list(x=c(0.1,0.2,0,0,0.1,0,0.3))", fit = FALSE)
panel("panel_fixed", "deathexact=4, covariates=~x, fixedpars=c(1,9)", fit = FALSE)
panel("panel_qconstraint", "deathexact=4, qconstraint=c(1,2,3,4,2,5,5)")
panel("panel_periods", "deathexact=4, pci=c(2,5)", fit = FALSE)
panel("panel_periods_watched", "exacttimes=TRUE, pci=3", fit = FALSE)
panel("panel_periods_covariate", "deathexact=4, pci=3, covariates=~x", fit = FALSE)
solve_case("panel_censored", start, "msm(cens ~ time, subject=subject, data=p, qmatrix=Q, deathexact=4, censor=99, censor.states=c(1,2))")
solve_case("panel_moments", paste0(start, '; p2 <- p[p$state < 4, ]; p2 <- p2[duplicated(p2$subject) | duplicated(p2$subject, fromLast=TRUE), ]; Q3 <- rbind(c(0,0.2,0.1), c(0.1,0,0.25), c(0.05,0.1,0))'),
           "msm(state ~ time, subject=subject, data=p2, qmatrix=Q3, exacttimes=TRUE)", fit = FALSE)
solve_case("panel_phases", start, "msm(state ~ time, subject=subject, data=p, qmatrix=Q, deathexact=5, phase.states=2, phase.inits=list(list(trans=0.3, exit=rbind(c(0.1,0.1), c(0.2,0.3), c(0.05,0.1)))))", fit = FALSE, gradient = FALSE)

# --- misclassification -------------------------------------------------------------------------------------
wrong <- paste0(start, "; E <- rbind(c(0,0.1,0,0), c(0.05,0,0.1,0), c(0,0.1,0,0), c(0,0,0,0))")
misc <- function(name, rest, ...) solve_case(name, wrong, paste0("msm(misc ~ time, subject=subject, data=p, qmatrix=Q, ematrix=E, deathexact=4, ", rest, ")"), ...)
misc("misc_plain", "initprobs=c(0.8,0.15,0.05,0)", fit = FALSE)
misc("misc_covariate", "misccovariates=~x", fit = FALSE)
misc("misc_both", "covariates=~x, misccovariates=~x+z, miscconstraint=list(x=c(1,1,2,2))", fit = FALSE)
misc("misc_estimated_start", "initprobs=c(0.8,0.15,0.05,0), est.initprobs=TRUE", gradient = FALSE)
misc("misc_start_covariate", "initprobs=c(0.8,0.15,0.05,0), est.initprobs=TRUE, initcovariates=~x, initcovinits=list(x=c(0.1,-0.2))", fit = FALSE, gradient = FALSE)
misc("misc_known", "obstrue=known", fit = FALSE)
# Within a state, where equal probabilities are equal odds.
solve_case("misc_constraint", paste0(start, "; E <- rbind(c(0,0.1,0,0), c(0.1,0,0.1,0), c(0,0.1,0,0), c(0,0,0,0))"),
           "msm(misc ~ time, subject=subject, data=p, qmatrix=Q, ematrix=E, deathexact=4, econstraint=c(1,2,2,3))", fit = FALSE)
solve_case("misc_censored", paste0(wrong, '; p$mc <- ifelse(p$misc %in% 1:2 & seq_len(nrow(p)) %% 7 == 0, 99, p$misc)'),
           "msm(mc ~ time, subject=subject, data=p, qmatrix=Q, ematrix=E, deathexact=4, censor=99, censor.states=c(1,2))", fit = FALSE)
misc("misc_periods", "pci=c(2,4)", fit = FALSE, gradient = FALSE)
solve_case("misc_known_set", paste0(wrong, '; p$mc <- ifelse(p$misc %in% 1:2 & seq_len(nrow(p)) %% 7 == 0 & duplicated(p$subject), 99, p$misc); p$true <- as.numeric(p$mc == 99)'),
           "msm(mc ~ time, subject=subject, data=p, qmatrix=Q, ematrix=E, deathexact=4, censor=99, censor.states=c(1,2), obstrue=true)", fit = FALSE)

# --- readings of two hidden states, every law --------------------------------------------------------------
h <- data.frame(subject = rep(1:60, each = 9), time = as.vector(apply(matrix(rexp(540, 1), 9), 2, cumsum)))
h$x <- rep(rnorm(60), each = 9)
s <- simmulti.msm(h, rbind(c(-0.4, 0.4), c(0.3, -0.3)))$state
n <- length(s)
pick2 <- function(a, b) ifelse(s == 1, a, b)
h$s <- s
h$norm <- rnorm(n, pick2(2, 5), pick2(1, 1.3))
h$lnorm <- round(exp(rnorm(n, pick2(0, 1.5), 0.5)), 5)
h$exp <- rexp(n, pick2(2, 0.3))
h$gamma <- rgamma(n, pick2(2, 6), pick2(2, 1))
h$weibull <- rweibull(n, pick2(1.2, 2), pick2(1, 4))
h$pois <- rpois(n, pick2(2, 8))
h$binom <- rbinom(n, 10, pick2(0.2, 0.7))
h$nbinom <- rnbinom(n, pick2(3, 6), pick2(0.6, 0.3))
h$betabin <- rbinom(n, 10, rbeta(n, pick2(1, 4), pick2(4, 2)))
h$beta <- rbeta(n, pick2(2, 5), pick2(6, 2))
h$t <- pick2(0, 4) + rt(n, 5)
h$unif <- runif(n, pick2(0, 2), pick2(4, 7))
h$tnorm <- pmax(0.001, pmin(8, abs(h$norm)))
h$me <- h$tnorm + rnorm(n, 0, 0.3)
h$meu <- h$unif + rnorm(n, 0, 0.3)
h$cat <- ifelse(runif(n) < 0.15, 3 - s, s) + (runif(n) < 0.1)
h$true <- ifelse(runif(n) < 0.1 & duplicated(h$subject), s, NA)
keep("laws", h)
laws <- 'h <- rd("laws"); Q <- rbind(c(0,0.3), c(0.3,0))'
law <- function(name, y, model, rest = "initprobs=c(0.6,0.4)", ...)
    solve_case(paste0("law_", name), laws, paste0("msm(", y, " ~ time, subject=subject, data=h, qmatrix=Q, hmodel=list(", model, "), ", rest, ")"), ...)
law("norm", "norm", "hmmNorm(2.2,1.1), hmmNorm(4.5,1.2)")
law("lnorm", "lnorm", "hmmLNorm(0.1,0.6), hmmLNorm(1.2,0.6)", fit = FALSE)
law("exp", "exp", "hmmExp(1.5), hmmExp(0.4)", fit = FALSE)
law("gamma", "gamma", "hmmGamma(2,1.5), hmmGamma(5,1)")
law("weibull", "weibull", "hmmWeibull(1.2,1.2), hmmWeibull(1.8,3.5)", fit = FALSE)
law("pois", "pois", "hmmPois(2.5), hmmPois(7)")
law("binom", "binom", "hmmBinom(10,0.3), hmmBinom(10,0.6)", fit = FALSE)
law("nbinom", "nbinom", "hmmNBinom(3,0.5), hmmNBinom(6,0.3)", fit = FALSE)
law("betabinom", "betabin", "hmmBetaBinom(10,0.25,0.2), hmmBetaBinom(10,0.6,0.2)", fit = FALSE)
law("beta", "beta", "hmmBeta(2,5), hmmBeta(4,2)", fit = FALSE)
law("t", "t", "hmmT(0.2,1.1,5), hmmT(3.5,1.1,5)", fit = FALSE)
law("unif", "unif", "hmmUnif(0,4), hmmUnif(2,7)", fit = FALSE)
law("tnorm", "tnorm", "hmmTNorm(2,1,0,8), hmmTNorm(5,1.3,0,8)", fit = FALSE, gradient = FALSE)
law("metnorm", "me", "hmmMETNorm(2,1,0,8,0.3,0), hmmMETNorm(5,1.3,0,8,0.3,0)", fit = FALSE, gradient = FALSE)
law("meunif", "meu", "hmmMEUnif(0,4,0.3,0), hmmMEUnif(2,7,0.3,0)", fit = FALSE, gradient = FALSE)
law("cat", "cat", "hmmCat(c(0.7,0.2,0.1)), hmmCat(c(0.2,0.7,0.1))")
law("mixed", "norm", "hmmNorm(2.2,1.1), hmmT(4.5,1.2,4)", fit = FALSE)
law("covariate", "norm", "hmmNorm(2.2,1.1), hmmNorm(4.5,1.2)", "initprobs=c(0.6,0.4), hcovariates=list(~x,~x), hcovinits=list(0.2,-0.1)")
law("covariate_one", "pois", "hmmPois(2.5), hmmPois(7)", "initprobs=c(0.6,0.4), hcovariates=list(NULL,~x), hcovinits=list(NULL,0.1)", fit = FALSE)
law("constraint", "norm", "hmmNorm(2.2,1.1), hmmNorm(4.5,1.1)", "initprobs=c(0.6,0.4), hconstraint=list(sd=c(1,1))", fit = FALSE)
law("covariate_constraint", "norm", "hmmNorm(2.2,1.1), hmmNorm(4.5,1.2)", "initprobs=c(0.6,0.4), hcovariates=list(~x,~x), hcovinits=list(0.2,0.2), hconstraint=list(x=c(1,1))", fit = FALSE)
law("rates_covariate", "norm", "hmmNorm(2.2,1.1), hmmNorm(4.5,1.2)", "initprobs=c(0.6,0.4), covariates=~x", fit = FALSE)
law("known_category", "cat", "hmmCat(c(0.7,0.2,0.1)), hmmCat(c(0.2,0.7,0.1))", "initprobs=c(0.6,0.4), obstrue=true", fit = FALSE)
law("known_two", "cbind(norm, pois)", "hmmMV(hmmNorm(2.2,1.1), hmmPois(2.5)), hmmMV(hmmNorm(4.5,1.2), hmmPois(7))", "initprobs=c(0.6,0.4), obstrue=true", fit = FALSE)
law("known", "norm", "hmmNorm(2.2,1.1), hmmNorm(4.5,1.2)", "initprobs=c(0.6,0.4), obstrue=true", fit = FALSE)
law("start_matrix", "norm", "hmmNorm(2.2,1.1), hmmNorm(4.5,1.2)", "initprobs=cbind(rep(0.7,60), rep(0.3,60))", fit = FALSE)
law("ranges", "norm", "hmmNorm(2.2,1.1), hmmNorm(4.5,1.2)", "initprobs=c(0.6,0.4), hranges=list(mean=list(lower=c(0,3), upper=c(4,6)))")
law("ranges_half", "norm", "hmmNorm(2.2,1.1), hmmNorm(4.5,1.2)", "initprobs=c(0.6,0.4), hranges=list(mean=list(lower=c(0,-Inf), upper=c(Inf,6)))", fit = FALSE)
law("two", "cbind(norm, pois)", "hmmMV(hmmNorm(2.2,1.1), hmmPois(2.5)), hmmMV(hmmNorm(4.5,1.2), hmmPois(7))", fit = FALSE)

# --- decline with death as a reading of its own, as in FEV1 after lung transplantation ---------------------
fev <- fev
fev <- fev[fev$ptnum %in% unique(fev$ptnum)[1:60], ]
keep("fev", fev)
solve_case("death_identity", 'f <- rd("fev"); Q <- rbind(c(0,0.0004,0.0003), c(0,0,0.001), c(0,0,0))',
           "msm(fev ~ days, subject=ptnum, data=f, qmatrix=Q, deathexact=3, hmodel=list(hmmNorm(100,16), hmmNorm(54,18), hmmIdent(999)))")
solve_case("death_identity_covariate", 'f <- rd("fev"); Q <- rbind(c(0,0.0004,0.0003), c(0,0,0.001), c(0,0,0))',
           "msm(fev ~ days, subject=ptnum, data=f, qmatrix=Q, deathexact=3, hmodel=list(hmmNorm(100,16), hmmNorm(54,18), hmmIdent(999)), hcovariates=list(~acute,~acute,NULL), hcovinits=list(-8,-8,NULL), hconstraint=list(acute=c(1,1)))", fit = FALSE)
solve_case("death_identity_phases", 'f <- rd("fev"); Q <- rbind(c(0,0.0004,0.0003), c(0,0,0.001), c(0,0,0))',
           "msm(fev ~ days, subject=ptnum, data=f, qmatrix=Q, deathexact=4, hmodel=list(hmmNorm(100,16), hmmNorm(54,18), hmmIdent(999)), initprobs=c(1,0,0,0), phase.states=1, phase.inits=list(list(trans=0.002, exit=rbind(c(0.0004,0.0003), c(0.0006,0.0002)))))", fit = FALSE, gradient = FALSE)
