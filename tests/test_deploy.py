"""The files for containers say what the service does: ports, routes, flags, times."""

import pathlib
import re
import shlex
import tomllib

import pytest

kubernetes_validate = pytest.importorskip("kubernetes_validate")
yaml = pytest.importorskip("yaml")

from keras_transformer.cli.main import parse  # noqa: E402
from keras_transformer.translation.service.app import application  # noqa: E402

ROOT = pathlib.Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ROUTES = {route.path for route in application(lambda texts, wanted: []).routes}


def read(path):
    return yaml.safe_load(path.read_text("utf-8"))


def manifest(kind):
    (found,) = (m for m in map(read, MANIFESTS) if m["kind"] == kind)
    return found


def served(arguments):
    """The command `serve` that these arguments ask for."""
    return parse(list(map(str, arguments))).__self__


def seconds(text):
    return float(re.fullmatch(r"(\d+)s", text)[1])


POD = manifest("Deployment")["spec"]["template"]
(CONTAINER,) = POD["spec"]["containers"]
(COMPOSED,) = read(DEPLOY / "compose.yaml")["services"].values()
DOCKERFILE = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text("utf-8"))


def instruction(name):
    """What stands behind the last instruction of a name."""
    return re.findall(rf"^ *{name} (.*)$", DOCKERFILE, re.M)[-1]


def fault(given):
    """What the newest schemas say against a manifest; nothing where it is right."""
    latest = kubernetes_validate.latest_version()
    try:
        kubernetes_validate.validate(given, latest, strict=True)
    except kubernetes_validate.ValidationError as error:
        return error.message
    return ""


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_a_manifest_is_what_its_schema_asks_for(path):
    assert fault(read(path)) == ""


def test_a_field_that_does_not_exist_is_noticed():
    wrong = manifest("Service")
    wrong["spec"]["port"] = 80
    assert "'port' was unexpected" in fault(wrong)


def test_all_manifests_mean_the_same_pods():
    labels = POD["metadata"]["labels"]
    deployment, service = manifest("Deployment"), manifest("Service")
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert service["spec"]["selector"] == labels
    budget = manifest("PodDisruptionBudget")["spec"]
    assert budget["selector"]["matchLabels"] == labels
    scaler = manifest("HorizontalPodAutoscaler")["spec"]
    target = scaler["scaleTargetRef"]
    assert target["kind"] == "Deployment"
    assert target["name"] == deployment["metadata"]["name"]
    assert budget["minAvailable"] < scaler["minReplicas"] <= scaler["maxReplicas"]
    assert "replicas" not in deployment["spec"]  # two would decide
    assert CONTAINER["resources"]["requests"]["cpu"]  # a share of it is the measure


@pytest.mark.parametrize(
    "arguments",
    [CONTAINER["args"], COMPOSED["command"], yaml.safe_load(instruction("CMD"))],
    ids=["kubernetes", "compose", "image"],
)
def test_the_command_is_one_that_is_there(arguments):
    command = served(arguments)
    assert (
        command.host == "0.0.0.0"
    )  # the others reach it from outside of the container
    assert command.port == served(["serve", "x"]).port  # the usual one
    assert int(instruction("EXPOSE")) == command.port


def test_ports_and_routes_are_the_services():
    port = served(CONTAINER["args"]).port
    (opened,) = CONTAINER["ports"]
    assert opened["containerPort"] == port
    (reached,) = manifest("Service")["spec"]["ports"]
    assert reached["targetPort"] == opened["name"]
    probes = [f"{kind}Probe" for kind in ("startup", "readiness", "liveness")]
    asked = [CONTAINER[probe]["httpGet"] for probe in probes]
    assert {each["port"] for each in asked} == {opened["name"]}
    assert [each["path"] for each in asked] == ["/ready", "/ready", "/health"]
    notes = POD["metadata"]["annotations"]
    assert int(notes["prometheus.io/port"]) == port
    asked = {"/ready", "/health", notes["prometheus.io/path"]}
    (looked,) = re.findall(
        r"http://127\.0\.0\.1:(\d+)(/\w+)", instruction("HEALTHCHECK")
    )
    assert int(looked[0]) == port
    assert asked | {looked[1]} <= ROUTES
    assert COMPOSED["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_there_is_time_to_answer_what_is_inside():
    # Who is let in at the last moment may take as long as a request may take.
    pause = CONTAINER["lifecycle"]["preStop"]["sleep"]["seconds"]
    limits = served(CONTAINER["args"]).limits
    grace = POD["spec"]["terminationGracePeriodSeconds"]
    assert grace >= pause + limits.timeout + 5
    limits = served(COMPOSED["command"]).limits
    assert seconds(COMPOSED["stop_grace_period"]) >= limits.timeout + 5
    readme = (DEPLOY / "README.md").read_text("utf-8")
    assert f"`terminationGracePeriodSeconds` is {grace}" in readme


def test_a_liveness_probe_is_no_stricter_than_the_readiness_probe():
    alive, ready = CONTAINER["livenessProbe"], CONTAINER["readinessProbe"]
    assert alive["periodSeconds"] >= ready["periodSeconds"]
    assert alive["timeoutSeconds"] >= ready["timeoutSeconds"]


def test_compose_names_what_is_there():
    build = COMPOSED["build"]
    context = (DEPLOY / build["context"]).resolve()
    assert context == ROOT
    assert (context / build["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    (volume,) = COMPOSED["volumes"]
    assert volume.startswith("${MODEL:?") and volume.endswith("}:/model:ro")
    assert set(COMPOSED) <= {
        *("build", "image", "command", "ports", "volumes", "init", "read_only"),
        *("tmpfs", "cap_drop", "security_opt", "mem_limit", "stop_grace_period"),
        "restart",
    }
    assert COMPOSED["read_only"] and COMPOSED["tmpfs"] == ["/tmp"]


def test_the_image_is_built_from_what_is_there():
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    let_in = [line[1:] for line in ignored if line.startswith("!")]
    sent = {path for pattern in let_in for path in ROOT.glob(pattern)}
    for copied in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.M):
        *sources, _ = shlex.split(copied)
        for source in sources:
            assert (ROOT / source).exists(), source
            assert ROOT / source in sent, f"{source} is not sent to the builder"
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    wheel = tomllib.loads(text)["tool"]["hatch"]["build"]["targets"]["wheel"]
    for brought in (*wheel["include"], *wheel["force-include"], "README.md", "LICENSE"):
        assert re.search(
            rf"^COPY .*\b{re.escape(brought.strip('/'))}\b", DOCKERFILE, re.M
        )


def test_the_image_brings_extras_that_exist_and_runs_as_nobody():
    extras = re.search(r'"\.\[([\w,]+),\$\{BACKEND\}\]"', DOCKERFILE)[1].split(",")
    backends = re.findall(r"^ARG BACKEND=(\w+)$", DOCKERFILE, re.M)
    assert {*extras, *backends, "jax"} <= set(PROJECT["optional-dependencies"])
    assert {"cli", "serve", "text"} <= set(extras) and len(set(backends)) == 1
    user, group = instruction("USER").split(":")
    pod = POD["spec"]["securityContext"]
    assert pod["runAsNonRoot"] and int(user) > 0
    assert (pod["runAsUser"], pod["runAsGroup"]) == (int(user), int(group))
    assert instruction("ENTRYPOINT") == '["keras-transformer"]'
    assert "keras-transformer" in PROJECT["scripts"]
    mounted = {each["mountPath"] for each in CONTAINER["volumeMounts"]}
    assert {"/tmp", CONTAINER["args"][1]} == mounted
