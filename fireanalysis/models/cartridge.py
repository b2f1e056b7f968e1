"""The paper's two classical classifiers (section 4.2.1), for features that a network has extracted."""

from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC


def support_vector_machine(*, seed: int) -> Pipeline:
    """Build the support vector machine: features standardised, a Gaussian kernel.

    Its training time grows about with the square of the number of samples.

    Parameters
    ----------
    seed : int
        Of the solver.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Not fitted yet; takes features float (n, d) and labels (n,).

    Notes
    -----
    Source: section 4.2.1, which names no setting. Assumed: scikit-learn's, a Gaussian (RBF) kernel whose width
    follows the features' variance, C = 1, no class weights; each pair of classes gets its own machine.

    Examples
    --------
    >>> model = support_vector_machine(seed=0).fit([[0.0, 0.0], [1.0, 5.0]], ["A", "B"])
    >>> model.predict([[0.1, 0.2]]).tolist()
    ['A']
    """
    kept_mb = 1000  # of the kernel's values; a large set needs them again and again
    svc = SVC(kernel="rbf", C=1.0, gamma="scale", cache_size=kept_mb, random_state=seed)
    return make_pipeline(StandardScaler(), svc)


def random_forest(*, seed: int) -> RandomForestClassifier:
    """Build the random forest: trees, each grown from another draw of the samples, which vote.

    Parameters
    ----------
    seed : int
        Of the draws of samples and features.

    Returns
    -------
    sklearn.ensemble.RandomForestClassifier
        Not fitted yet; takes features float (n, d) and labels (n,).

    Notes
    -----
    Source: section 4.2.1, which names no setting. Assumed: scikit-learn's, 100 trees grown to their
    ends, √d features tried at a node, no class weights.

    Examples
    --------
    >>> model = random_forest(seed=0).fit([[0.0], [0.1], [5.0], [5.1]], ["A", "A", "B", "B"])
    >>> model.predict([[0.05]]).tolist()
    ['A']
    """
    return RandomForestClassifier(n_estimators=100, n_jobs=-1, random_state=seed)
