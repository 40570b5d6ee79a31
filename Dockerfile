# fsim on a CPU: trains small runs, makes indexes, and serves a search.
#
#   docker build -t fsim .
#   docker run --rm -v "$PWD/runs:/runs" fsim run recipes/siam_cat.yaml --out /runs
#   docker run --rm -p 127.0.0.1:8000:8000 -v "$PWD/runs:/runs" fsim serve /runs/siam_cat/TIME --host 0.0.0.0
#
# torch comes as pip finds it, which may be a CUDA build of several GB. PyTorch's page "Start locally" names the index of
# its CPU builds: docker build --build-arg TORCH_INDEX=THAT_URL -t fsim .
FROM python:3.12-slim AS built
ARG TORCH_INDEX=""
ARG EXTRAS="serve,onnx,hnswlib,milvus,s3"
# annoy and hnswlib are compiled
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/fsim
COPY constraints.txt /src/
RUN if [ -n "$TORCH_INDEX" ]; then \
        /opt/fsim/bin/pip install --no-cache-dir --index-url "$TORCH_INDEX" torch torchvision; \
    fi
COPY setup.cfg pyproject.toml README.md /src/
COPY fsim /src/fsim
COPY plugins /src/plugins
RUN grep -v '^torch' /src/constraints.txt > /src/other.txt \
    && /opt/fsim/bin/pip install --no-cache-dir -c /src/other.txt "/src[$EXTRAS]"

FROM python:3.12-slim
# OpenMP, for torch and scikit-learn
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 fsim && mkdir /cache /runs && chown fsim /cache /runs
COPY --from=built /opt/fsim /opt/fsim
COPY --chown=fsim recipes /home/fsim/recipes
ENV PATH=/opt/fsim/bin:$PATH FSIM_CACHE_DIR=/cache PYTHONUNBUFFERED=1
USER fsim
WORKDIR /home/fsim
VOLUME ["/cache", "/runs"]
EXPOSE 8000
ENTRYPOINT ["fsim"]
CMD ["--help"]
