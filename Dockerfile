# lrec in a container: docker build -t lrec . && docker run -v "$PWD:/work" lrec train model=vae
FROM python:3.12-slim AS wheel
RUN pip install --no-cache-dir build
COPY . /source
RUN python -m build --wheel --outdir /dist /source

FROM python:3.12-slim
COPY --from=wheel /dist /dist
RUN pip install --no-cache-dir /dist/*.whl && rm -r /dist
# Data is read from, and runs are written to, the folder that is mounted here.
WORKDIR /work
ENTRYPOINT ["lrec"]
CMD ["--help"]
