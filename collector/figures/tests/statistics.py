"""Answers each case of tests/statistics.rs by scipy and statsmodels: a line of words and numbers in, a line of numbers out."""

import sys
import warnings

import numpy
from scipy import stats
from scipy.optimize import brentq
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, score_test_proportions_2indep
from statsmodels.stats.weightstats import DescrStatsW

warnings.simplefilter("ignore")
Z_95 = stats.norm.ppf(0.975)


def risk(x):
    """Relative risk of one stratum: Miettinen and Nurminen's interval, and the "n - 1" chi-squared test."""
    met, n_met, spared, n_spared = x
    low, high = confint_proportions_2indep(met, n_met, spared, n_spared, method="score", compare="ratio", correction=True)
    test = score_test_proportions_2indep(met, n_met, spared, n_spared, value=1, compare="ratio", correction=True)
    return [met / n_met / (spared / n_spared), low, high, test.pvalue]


def risks(x):
    """Relative risk of several strata: Mantel and Haenszel's ratio and test, and the score interval by statsmodels' restricted estimates."""
    strata = numpy.reshape(x, (-1, 4))
    tables = [[[a, n - a], [c, m - c]] for a, n, c, m in strata]
    pooled = StratifiedTable([numpy.array(table) for table in tables])
    weights = strata[:, 1] * strata[:, 3] / (strata[:, 1] + strata[:, 3])

    def statistic(ratio):
        top = variance = 0.0
        for (a, n, c, m), weight in zip(strata, weights):
            test = score_test_proportions_2indep(a, n, c, m, value=ratio, compare="ratio", correction=True, return_results=True)
            met, spared = test.prop1_null, test.prop2_null
            top += weight * (a / n - ratio * c / m)
            variance += weight**2 * (met * (1 - met) / n + ratio**2 * spared * (1 - spared) / m) * (n + m) / (n + m - 1)
        return top / numpy.sqrt(variance)

    low = brentq(lambda log: statistic(numpy.exp(log)) - Z_95, -9, numpy.log(pooled.riskratio_pooled))
    high = brentq(lambda log: statistic(numpy.exp(log)) + Z_95, numpy.log(pooled.riskratio_pooled), 9)
    return [pooled.riskratio_pooled, numpy.exp(low), numpy.exp(high), pooled.test_null_odds(correction=False).pvalue]


def means(x):
    """Welch's difference, interval and p."""
    n = int(x[0])
    test = stats.ttest_ind(x[1 : n + 1], x[n + 1 :], equal_var=False)
    interval = test.confidence_interval()
    return [numpy.mean(x[1 : n + 1]) - numpy.mean(x[n + 1 :]), interval.low, interval.high, test.pvalue]


def false_discoveries(x):
    """Benjamini and Hochberg's p."""
    return multipletests(x, method="fdr_bh")[1]


def shift(x):
    """The likelihood ratio of two shares."""
    a, n, c, m = x
    return [stats.chi2_contingency([[a, n - a], [c, m - c]], lambda_="log-likelihood", correction=False).statistic]


def weighted(x):
    """Mean of weighted values with the interval of Kish's effective n."""
    pairs = numpy.reshape(x, (-1, 2))
    values, weights = pairs[:, 0], pairs[:, 1]
    effective = weights.sum() ** 2 / (weights**2).sum()
    described = DescrStatsW(values, weights=weights * effective / weights.sum(), ddof=1)
    low, high = described.tconfint_mean()
    return [described.mean, low, high, effective]


def raked(x):
    """Weights of a table of 3 rows and 4 columns that has these shares of rows and columns, by fitting matrices."""
    rows, columns, table = numpy.array(x[:3]), numpy.array(x[3:7]), numpy.reshape(x[7:], (3, 4))
    fitted = table / table.sum()
    for _ in range(2_000):
        fitted = numpy.diag(rows / fitted.sum(axis=1)) @ fitted
        fitted = fitted @ numpy.diag(columns / fitted.sum(axis=0))
    return (fitted * table.sum() / table).ravel()


def survival(x):
    """Kaplan and Meier's share, Greenwood's error and the interval on the scale of log(-log), day by day."""
    days, closed = numpy.reshape(x, (-1, 2)).T
    curve = SurvfuncRight(days, closed)
    share, error = curve.surv_prob, curve.surv_prob_se
    scale, half = numpy.log(-numpy.log(share)), Z_95 * error / (share * numpy.log(share))
    low, high = numpy.exp(-numpy.exp(scale - half)), numpy.exp(-numpy.exp(scale + half))
    return numpy.column_stack([curve.surv_times, share, error, low, high]).ravel()


for line in sys.stdin:
    name, *numbers = line.split()
    print(*(repr(float(number)) for number in globals()[name]([float(number) for number in numbers])))
