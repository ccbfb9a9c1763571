# docker build -t cstool . && docker run --rm -v "$PWD:/data" --user "$(id -u):$(id -g)" cstool --help
# For Apptainer: docker save cstool -o cstool.tar && apptainer build cstool.sif docker-archive:cstool.tar

FROM python:3.12-slim AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY pyproject.toml setup.py MANIFEST.in README.md LICENSE ./
COPY cstool cstool
RUN python -m venv /opt/cstool \
 && /opt/cstool/bin/pip install --no-cache-dir '.[dask,dedup,lua,mask,push,report]'

FROM python:3.12-slim
COPY --from=build /opt/cstool /opt/cstool
ENV PATH=/opt/cstool/bin:$PATH
RUN useradd --create-home --uid 1000 cstool
USER cstool
WORKDIR /data
ENTRYPOINT ["cstool"]
CMD ["--help"]
